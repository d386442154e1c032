"""Example plugins for medallion, as a starting point for your own."""
