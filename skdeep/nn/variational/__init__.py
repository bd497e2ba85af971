"""Random codes, and what a decoder's outputs say of a sample."""
