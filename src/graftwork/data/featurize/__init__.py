"""data/featurize."""
