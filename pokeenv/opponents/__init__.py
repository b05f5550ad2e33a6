"""Opponents inside an environment."""
