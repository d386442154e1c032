"""Names of tables that are made of other texts."""

from __future__ import annotations

import re

LONGEST = 60  # characters


def table_name(text: str) -> str:
    """A text as the name of a table or pipeline: lower case, letters, digits and `_`."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower()[:LONGEST]
    return name if re.match("[a-z]", name) else f"table_{name}".rstrip("_")
