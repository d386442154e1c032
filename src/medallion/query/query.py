"""Queries to a store: filters, order, fields, and the page they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Operator = Literal[
    "eq", "ne", "lt", "lte", "gt", "gte", "in", "contains", "startswith", "search", "isnull"
]


@dataclass(frozen=True)
class Filter:
    """One condition: `field operator value`. `in` takes a sequence, `isnull` a bool.

    `contains`, `startswith` and `search` ask text; `search` is `contains` whatever the case and
    accents.
    """

    field: str
    operator: Operator
    value: Any


@dataclass(frozen=True)
class Sort:
    """Order by one column; null sorts below every value."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class Query:
    """What to find: all `filters` hold; `fields` empty means all; `cursor` continues a former page.

    A cursor belongs to the release it began with; when that is gone, it raises CallError.
    """

    filters: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    fields: tuple[str, ...] = ()
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True)
class Page:
    """Rows of one release; `cursor` is None on the last page."""

    rows: list[dict[str, Any]]
    release: str
    cursor: str | None = None
