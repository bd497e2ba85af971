"""Layers of attention: steps of sequences that look at each other."""
