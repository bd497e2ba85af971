"""Layers of images and signals."""
