"""The evidence lower bound, to train by and to score by."""
