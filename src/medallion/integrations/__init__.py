"""Integrations with schedulers, each in an extra; medallion itself needs none of them."""

import os

# Prefect reads this when it is imported, which `medallion.integrations.prefect` does next.
os.environ.setdefault("DO_NOT_TRACK", "1")
