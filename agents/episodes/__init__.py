"""What is learnt from: whole episodes, advantages, storage."""
