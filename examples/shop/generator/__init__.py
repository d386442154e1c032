"""Parts of `generate.py`."""
