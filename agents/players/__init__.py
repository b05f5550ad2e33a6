"""Agents that can play a seat, by name."""
