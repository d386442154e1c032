"""How fresh the data is: when the release, each source and each table were last renewed."""

from __future__ import annotations

from html import escape

from medallion.records import Release, Snapshot
from medallion_panel.blocks.quality import STYLE, table_html
from medallion_panel.formats import Formats


def freshness_html(release: Release, formats: Formats) -> str:
    """One line a table: when it was last computed, and of a source how many files it has and when the last came."""
    names = ("Table", "Last computed", "Files", "Last file came", "Rows")
    head = "".join(f"<th scope='col'>{name}</th>" for name in names)
    lines = [_line(table, snapshot, formats) for table, snapshot in release.tables.items()]
    told = f"Release {release.id} was published {formats.age(release.created)} by run {release.run}."
    return f"<style>{STYLE}</style><p>{escape(told)}</p>{table_html(head, lines)}"


def _line(table: str, snapshot: Snapshot, formats: Formats) -> str:
    write = formats.writer("integer")
    arrived = max((source.arrived for source in snapshot.sources), default=None)
    cells = (
        table, formats.age(snapshot.created), write(len(snapshot.sources)) if snapshot.sources else "",
        formats.age(arrived) if arrived else "", write(snapshot.rows),
    )  # fmt: skip
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
