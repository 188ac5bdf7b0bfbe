"""graftwork: pre-train graph neural networks and graft them onto tasks with few labels."""
