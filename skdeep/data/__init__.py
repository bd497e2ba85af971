"""What fits and predictions are given: rows of each kind, targets, weights and validation rows."""
