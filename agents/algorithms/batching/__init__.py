"""How a batch becomes gradient steps."""
