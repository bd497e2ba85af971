"""Penalties on what layers give."""
