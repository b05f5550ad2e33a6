"""Scripted opponents: they calculate, they do not learn."""
