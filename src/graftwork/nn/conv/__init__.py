"""nn/conv."""
