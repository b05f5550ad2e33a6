"""How strong an agent is: mirrored matches, intervals, ratings. `python -m agents.evaluate`."""
