"""Layers of flat samples: affine maps, embeddings, activations."""
