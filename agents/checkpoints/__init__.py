"""Files of a run: checkpoints and run folders."""
