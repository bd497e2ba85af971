"""Checks of parameters, of values and of what training gave."""
