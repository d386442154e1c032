"""How many examples a property is tried with: few in each commit's tests, more in a long search."""

from __future__ import annotations

import os

IS_SEARCH = bool(os.environ.get("MEDALLION_TEST_RANDOM"))
"""Whether the tests look for new faults: with other examples at each run, and more of them."""


def examples(few: int, many: int) -> int:
    """The number of examples of a property: `few`, or `many` in a search for new faults."""
    return many if IS_SEARCH else few
