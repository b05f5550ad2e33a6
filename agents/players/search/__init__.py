"""`search`: agents that play on in imagined battles before they decide."""
