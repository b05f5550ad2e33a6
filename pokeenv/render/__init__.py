"""Battles as text and pictures."""
