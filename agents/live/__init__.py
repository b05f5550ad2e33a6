"""Play on a Pokémon Showdown server. `python -m agents.live`."""
