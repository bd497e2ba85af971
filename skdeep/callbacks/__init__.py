"""Callbacks for training, on scikit-learn's callback API."""
