"""Action spaces."""
