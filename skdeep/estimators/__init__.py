"""The scikit-learn face of the engine: one family per file."""
