"""Measurements of speed and strength; `--save` writes the result to `docs/results/`."""
