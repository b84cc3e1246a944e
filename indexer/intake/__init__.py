"""What is let in: skip reasons, decoding, limits."""
