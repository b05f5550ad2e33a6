"""The environments: one battle or many, one seat or both."""
