"""Transformer encoders, for sequences of any length."""
