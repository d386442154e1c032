"""Differences between releases as an HTML document without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

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
from medallion.lineage.release_diff import ReleaseDiff, RowChange, TableDiff
from medallion.plural import count_of
from medallion.records.html import html_table

STYLE = """
.diff { font: 15px/1.5 system-ui, sans-serif; }
.diff table { border-collapse: collapse; margin: .8em 0; font-variant-numeric: tabular-nums; }
.diff caption { text-align: left; font-weight: 600; padding: 4px 0; }
.diff th, .diff td { text-align: left; padding: 4px 12px 4px 0; vertical-align: top;
  border-bottom: 1px solid rgba(128,136,150,.3); }
.diff summary { cursor: pointer; margin: .6em 0; }
.diff .scroll { overflow-x: auto; }
"""


def document(diff: ReleaseDiff) -> str:
    """A page to open in a browser or to attach to a message."""
    title = escape(f"Release {diff.before} → {diff.after}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>body {{ margin: 2em; }}{STYLE}</style></head>"
        f"<body>{fragment(diff)}</body></html>\n"
    )


def fragment(diff: ReleaseDiff) -> str:
    """The content of the page, for one that has `STYLE`."""
    title = f"Release {diff.before} → {diff.after}"
    total = count_of(len(diff.tables), "table")
    if not diff.changes:
        return f'<div class="diff"><h2>{escape(title)}</h2><p>No differences in {total}.</p></div>'
    caption = f"{len(diff.changes)} of {total} differ"
    summary = html_table(caption, FIGURES, map(figures, diff.changes))
    sections = "".join("".join(_section(item)) for item in diff.changes)
    return f'<div class="diff"><h2>{escape(title)}</h2>{summary}{sections}</div>'


def _section(table: TableDiff) -> Iterator[str]:
    yield f"<details><summary>{escape(table.table)}: {row_counts(table)}</summary>"
    items = [
        *(f"because {line}" for line in cause_lines(table.causes)),
        *(f"column {column_change(column)}" for column in table.columns),
        *(f"sum of {name}: {value_change(change)}" for name, change in table.sums.items()),
    ]
    if items:
        yield f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"
    if table.rows:
        key = ", ".join(table.key) or "no key"
        listed = html_table("rows that differ", ("", key, "values"), map(_cells, table.rows))
        yield f'<div class="scroll">{listed}</div>'
    more = table.changed + table.added + table.removed - len(table.rows)
    if more:
        yield f"<p>and {count_of(more, 'more row')}</p>"
    yield "</details>"


def _cells(row: RowChange) -> tuple[str, str, str]:
    return row.status, row_key(row), row_values(row)
