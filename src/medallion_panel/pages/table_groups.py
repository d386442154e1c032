"""The groups of served tables in the menu: by layer, or by the first word of their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from medallion.identifiers import TableName
from medallion.records import Served

_MAX_UNGROUPED = 8  # tables of one layer


def table_groups(tables: Mapping[str, Served]) -> dict[str, str]:
    """The group of each table that has one, by its plain name.

    Tables of several layers are grouped by layer; more than eight of one layer by the first word of
    their names that they do not all share, such as `sales` in `sales_orders`, if several have it.
    """
    layers = {name: TableName(served.table).layer for name, served in tables.items()}
    if len(set(layers.values())) > 1:
        return layers
    if len(tables) <= _MAX_UNGROUPED:
        return {}
    words = _first_words(tables)
    counts = Counter(words.values())
    return {name: word for name, word in words.items() if word and counts[word] > 1}


def _first_words(names: Iterable[str]) -> dict[str, str]:
    """The first word of each name after those that all names share."""
    words = {name: name.split("_") for name in names}
    start, shortest = 0, min(map(len, words.values()))
    while start < shortest - 1 and len({each[start] for each in words.values()}) == 1:
        start += 1
    return {name: each[start] for name, each in words.items()}
