"""The embedded Pokémon Showdown."""
