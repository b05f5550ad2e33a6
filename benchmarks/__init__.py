"""Measurements; each prints a last line of JSON."""
