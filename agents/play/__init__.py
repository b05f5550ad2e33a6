"""Play against an agent in the browser."""
