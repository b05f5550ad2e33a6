"""Episodes as data: batches, advantages, storage."""
