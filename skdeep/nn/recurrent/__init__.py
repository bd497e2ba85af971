"""Layers of sequences."""
