"""Strength of agents: mirrored matches, intervals, ratings. `python -m agents.evaluate`."""
