"""Checks of parameters, of weights and of what training gave."""
