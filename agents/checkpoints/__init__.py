"""What survives a run: checkpoints and run folders."""
