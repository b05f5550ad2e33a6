"""Gymnasium wrappers of the environments."""

from pokeenv.wrappers.joint_action import JointAction
from pokeenv.wrappers.text import TextEnv

__all__ = ["JointAction", "TextEnv"]
