"""Collations, by which SQL compares texts otherwise than by code point.

A Parquet file keeps the text of a column but not its collation: `'Ann' = 'ANN'` may be true in the
step that made the column, and false in a query that reads the stored one.
"""

from __future__ import annotations

import re

_COLLATE = re.compile(r"\bcollate\b", re.IGNORECASE)


def may_collate(sql: str) -> bool:
    """Whether some SQL may give a column a collation, from its words alone."""
    return _COLLATE.search(sql) is not None
