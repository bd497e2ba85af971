"""Data of fits and predictions: samples of each kind, targets, weights, validation samples."""
