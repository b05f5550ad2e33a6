"""Self-play: rollouts, seating, opponents, the league."""
