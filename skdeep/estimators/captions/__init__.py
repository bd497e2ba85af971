"""Networks that write captions of images."""
