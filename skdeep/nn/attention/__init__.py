"""Layers that look things up in other steps, and in the memory that an encoder writes."""
