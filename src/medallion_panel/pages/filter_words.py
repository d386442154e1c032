"""Conditions in words, such as for the heading of a printed page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from medallion.contracts import Filter
from medallion.query.column_types import Kind
from medallion_panel.ui.formats import Formats, and_more

_MOST_VALUES = 12  # in words
_WORDS = {"gte": "from", "gt": "above", "lte": "to", "lt": "before", "search": "contains"}


def filter_words(
    conditions: Iterable[Filter], kinds: Mapping[str, Kind], formats: Formats
) -> list[str]:
    """The conditions on each column in words: `Country: France, Japan`, `Spent: from 5 to 9`."""
    words: dict[str, list[str]] = {}
    for condition in conditions:
        words.setdefault(condition.field, []).append(_words(condition, kinds, formats))
    return [f"{formats.label(field)}: {' '.join(parts)}" for field, parts in words.items()]


def _words(condition: Filter, kinds: Mapping[str, Kind], formats: Formats) -> str:
    field, value = condition.field, condition.value
    write = formats.writer(formats.name_for(field, kinds.get(field)))
    match condition.operator:
        case "in":
            return and_more([write(each) for each in value], _MOST_VALUES)
        case "isnull":
            return "no value" if value else "any value"
        case "eq":
            return write(value)
    return f"{_WORDS.get(condition.operator, condition.operator)} {_plain(value, write)}"


def _plain(value: Any, write: Any) -> str:
    return str(value) if isinstance(value, str) else write(value)
