"""Who plays whom: rollouts, opponents, the league."""
