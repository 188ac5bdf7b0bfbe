"""Training: one loop, exact resume, pre-training and fine-tuning."""
