"""Networks of layers that the user lists."""
