"""How parameters are fitted: objectives, batches, the loop, stopping."""
