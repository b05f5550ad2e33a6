"""Training runs: build, open, resume, log, stop."""
