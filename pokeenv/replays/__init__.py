"""Battle records, their pages and their resimulation."""
