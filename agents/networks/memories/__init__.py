"""Memories over an episode: LSTM, GRU, causal attention."""
