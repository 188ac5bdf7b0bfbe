"""nn/pooling."""
