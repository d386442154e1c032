"""What other systems learn of runs and requests: which of them are configured, and spans."""
