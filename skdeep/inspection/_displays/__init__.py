"""Displays in scikit-learn's form; matplotlib is loaded when one is plotted."""
