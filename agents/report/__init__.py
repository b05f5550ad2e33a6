"""One page about a training run: `python -m agents.report RUN_DIR`."""
