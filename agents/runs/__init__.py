"""The life of a training run: build, resume, log, stop."""
