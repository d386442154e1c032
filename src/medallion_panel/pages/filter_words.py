"""Conditions in words, such as for the heading of a printed page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from medallion.contracts import Filter
from medallion.query.column_types import Kind
from medallion.records import Release
from medallion_panel.ui.formats import Formats

_MOST_VALUES = 12  # in words
_WORDS = {
    "gte": "from {value}",
    "gt": "above {value}",
    "lte": "to {value}",
    "lt": "before {value}",
    "search": "contains {value}",
}


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
            return formats.and_more([write(each) for each in value], _MOST_VALUES)
        case "isnull":
            return formats.say("no value") if value else formats.say("any value")
        case "eq":
            return write(value)
    return formats.say(_WORDS[condition.operator], value=_plain(value, write))


def _plain(value: Any, write: Any) -> str:
    return str(value) if isinstance(value, str) else write(value)


def printed_lines(
    pipeline: str,
    release: Release,
    filters: Sequence[str],
    formats: Formats,
    *,
    filtered: bool,
) -> list[str]:
    """The lines below the heading of a page on paper: what it shows, and its filters in words.

    `filtered` says that the page has controls for filters.
    """
    say = formats.say
    words = {"name": pipeline, "moment": formats.day(release.created)}
    message = "{name} · release {release}, published {moment}"
    lines = [say(message, release=release.id, **words)]
    if filters:
        lines.append(say("Filters: {names}", names=" · ".join(filters)))
    elif filtered:
        lines.append(say("No filters"))
    return lines
