"""Agents that can take a seat, by name."""
