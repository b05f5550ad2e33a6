"""Estimates from the observation: damage, speed and duels, which scripted players and networks use."""
