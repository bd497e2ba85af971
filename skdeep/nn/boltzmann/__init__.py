"""Restricted Boltzmann machines: their units and their classes."""
