"""The scikit-learn face of the engine: one folder per family."""
