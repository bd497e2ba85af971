"""Networks that make sequences of sources: an encoder, and a decoder that reads what it gives."""
