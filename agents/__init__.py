"""Agents for `pokeenv`: networks, policy-gradient algorithms, self-play and evaluation."""
