"""Gymnasium wrappers of the environments."""

from pokeenv.wrappers.text import TextEnv

__all__ = ["TextEnv"]
