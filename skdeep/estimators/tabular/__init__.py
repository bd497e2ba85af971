"""Multilayer perceptrons for tables as people have them."""
