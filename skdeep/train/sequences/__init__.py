"""Training on sequences, whole and in chunks."""
