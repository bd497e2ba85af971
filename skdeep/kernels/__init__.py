"""Elementwise formulas, each written once for every backend."""
