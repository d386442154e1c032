"""Plugins for medallion, to begin your own with."""
