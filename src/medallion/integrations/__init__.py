"""Bridges to other people's schedulers; medallion itself needs none of them."""
