"""Layers of networks that share weights: members of one ensemble, side by side in a row."""
