"""Normalisation of batches and of layers."""
