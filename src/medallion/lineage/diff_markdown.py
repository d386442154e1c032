"""Differences between releases as Markdown, for the description of a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from medallion.lineage.diff_text import (
    FIGURES,
    cause_lines,
    column_change,
    figures,
    row_counts,
    row_key,
    row_values,
    value_change,
)
from medallion.lineage.release_diff import ReleaseDiff, TableDiff
from medallion.plural import count_of

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def markdown(diff: ReleaseDiff) -> str:
    """A table of the tables that differ, and a section to open for each of them."""
    return "\n".join(_lines(diff)) + "\n"


def _lines(diff: ReleaseDiff) -> Iterator[str]:
    total = count_of(len(diff.tables), "table")
    yield f"### Release {diff.before} → {diff.after}"
    yield ""
    if not diff.changes:
        yield f"No differences in {total}."
        return
    yield f"{len(diff.changes)} of {total} differ."
    yield ""
    rows = ((_plain(item.table), *figures(item)[1:]) for item in diff.changes)
    yield from _grid(FIGURES, rows, right=True)
    for item in diff.changes:
        yield ""
        yield from _section(item)


def _section(table: TableDiff) -> Iterator[str]:
    yield f"<details><summary>{_plain(table.table)}: {row_counts(table)}</summary>"
    yield ""
    yield from (f"- because {_plain(line)}" for line in cause_lines(table.causes))
    yield from (f"- column {_plain(column_change(column))}" for column in table.columns)
    for name, change in table.sums.items():
        yield f"- sum of {_plain(name)}: {_plain(value_change(change))}"
    if table.rows:
        yield ""
        cells = ((row.status, _plain(row_key(row)), _plain(row_values(row))) for row in table.rows)
        yield from _grid(("row", ", ".join(map(_plain, table.key)) or "key", "values"), cells)
    more = table.changed + table.added + table.removed - len(table.rows)
    if more:
        yield ""
        yield f"and {count_of(more, 'more row')}"
    yield ""
    yield "</details>"


def _grid(
    names: Sequence[str], rows: Iterable[Sequence[str]], *, right: bool = False
) -> Iterator[str]:
    """A table; with `right`, all columns but the first are numbers."""
    yield f"| {' | '.join(names)} |"
    yield f"| --- |{(' ---: |' if right else ' --- |') * (len(names) - 1)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _plain(text: str) -> str:
    """A text without meaning in Markdown or HTML, on one line."""
    line = " ".join(text.split())
    return _SPECIAL.sub(r"\\\1", line)
