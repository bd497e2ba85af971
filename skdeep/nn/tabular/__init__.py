"""Layers for the columns of tables: numbers and categories."""
