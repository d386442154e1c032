"""The changes block: what differs between the release and the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from markupsafe import Markup

from medallion.errors import CallError
from medallion.lake.candidates import candidates
from medallion.lineage.diff import compare_releases, releases_to_compare
from medallion.lineage.diff_text import cause_lines, row_key, row_values, value_change
from medallion.lineage.release_diff import ColumnChange, ReleaseDiff, TableDiff
from medallion.pipeline import Pipeline
from medallion.records import Release
from medallion_panel.block_settings import Changes
from medallion_panel.blocks.quality import STYLE
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import markup_table

_COMPARISONS = 16  # kept in memory: every visitor of a page sees the same one
_HEADERS = ("Table", "Rows before", "Rows after", "Changed", "Added", "Removed")
_ROW_COUNTS = {
    "changed": "{count} row changed | {count} rows changed",
    "added": "{count} row added | {count} rows added",
    "removed": "{count} row removed | {count} rows removed",
}
_STATUS = {"added": "new table", "removed": "table removed", "changed": "no row differs"}
_ROW_STATUS = {"changed": "changed", "added": "added", "removed": "removed"}
_STYLE = STYLE + Markup("""<style>
summary { cursor: pointer; padding: 7px 0; font-size: .88rem }
summary:focus-visible { outline: 2px solid var(--panel-primary-color) }
ul { margin: 0 0 6px; padding-left: 20px; font-size: .88rem; overflow-wrap: anywhere }
details th, details td { text-align: left; vertical-align: top }
details td:last-child { white-space: normal; min-width: 40ch; overflow-wrap: anywhere }
</style>""")


def changes_html(block: Changes, pipeline: Pipeline, release: Release, formats: Formats) -> Markup:
    """The differences of the served tables, from the lake, which must have both releases."""
    lake, say = pipeline.lake, formats.say
    earlier = [ident for ident in lake.release_ids() if ident < release.id]
    if not earlier:
        message = say("There is no release before this one in the lake.")
        return Markup("<p>{}</p>").format(message)
    names = {item.release.id: item.name for item in candidates(lake)}
    reference = names.get(release.id, release.id)
    diff = _differences(pipeline, earlier[0], reference, release.id, block.rows, say)
    return _STYLE + _summary(diff, formats) + Markup("").join(_details(diff, say))


@lru_cache(maxsize=_COMPARISONS)
def _differences(
    pipeline: Pipeline, before: str, reference: str, ident: str, rows: int, say: Messages
) -> ReleaseDiff:
    """The differences; a candidate has the same reference again with another id."""
    lake, declaration = pipeline.lake, pipeline.declaration
    releases = releases_to_compare(lake, before, reference)
    if releases[1].id != ident:
        raise CallError(say("release {release} was replaced; reload the page", release=ident))
    known = {name for release in releases for name in release.tables}
    served = [name for name in declaration.served() if name in known]
    return compare_releases(lake, declaration, *releases, tables=served, rows=rows)


def _summary(diff: ReleaseDiff, formats: Formats) -> Markup:
    """Which releases are compared, and the numbers of rows that differ by table."""
    say, write = formats.say, formats.writer("integer")
    compared = say("Release {before} → {after}", before=diff.before, after=diff.after)
    total = len(diff.tables)
    if not diff.changes:
        same = say(
            "No differences in {count} table | No differences in {count} tables", count=total
        )
        return Markup("<p>{}: {}.</p>").format(compared, same)
    message = "{count} of {total} tables differs | {count} of {total} tables differ"
    text = say(message, count=len(diff.changes), total=total)
    lines = [
        (
            table.table,
            *map(write, (table.rows_before, table.rows_after)),
            *map(write, (table.changed, table.added, table.removed)),
        )
        for table in diff.changes
    ]
    return Markup("<p>{}: {}.</p>").format(compared, text) + markup_table(
        tuple(map(say, _HEADERS)), lines
    )


def _details(diff: ReleaseDiff, say: Messages) -> Iterator[Markup]:
    """Of each table that differs: why, its columns and sums, and the first rows that differ."""
    for table in diff.changes:
        items = [
            *(say("Cause: {cause}", cause=line) for line in cause_lines(table.causes)),
            *(_column(column, say) for column in table.columns),
            *(
                say("Sum of {column}: {change}", column=name, change=value_change(change))
                for name, change in table.sums.items()
            ),
        ]
        parts = Markup("").join(Markup("<li>{}</li>").format(item) for item in items)
        html = Markup("<ul>{}</ul>").format(parts) if items else Markup("")
        yield Markup("<details><summary>{}: {}</summary>{}{}</details>").format(
            table.table, _counts(table, say), html, _rows(table, say)
        )


def _counts(table: TableDiff, say: Messages) -> str:
    """How many rows differ, or what happened to a table of which no row differs."""
    counts = {"changed": table.changed, "added": table.added, "removed": table.removed}
    texts = [say(_ROW_COUNTS[name], count=count) for name, count in counts.items() if count]
    return ", ".join(texts) or say(_STATUS[table.status])


def _column(column: ColumnChange, say: Messages) -> str:
    if column.before is None:
        return say("Column {name}: new, {type}", name=column.name, type=column.after or "")
    if column.after is None:
        return say("Column {name}: removed", name=column.name)
    change = f"{column.before} → {column.after}"
    return say("Column {name}: {change}", name=column.name, change=change)


def _rows(table: TableDiff, say: Messages) -> Markup:
    """The first rows that differ, and how many more there are."""
    html = Markup("")
    if table.rows:
        key = ", ".join(table.key) or say("no key")
        lines = [
            (say(_ROW_STATUS[row.status]), row_key(row), row_values(row)) for row in table.rows
        ]
        html = markup_table((say("Row"), key, say("Values")), lines)
    more = table.changed + table.added + table.removed - len(table.rows)
    if more:
        text = say("and {count} more row | and {count} more rows", count=more)
        html += Markup("<p>{}</p>").format(text)
    return html
