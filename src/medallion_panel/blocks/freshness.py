"""How fresh the data is: when the release, each source and each table were last renewed."""

from __future__ import annotations

from markupsafe import Markup

from medallion.records import Release, Snapshot
from medallion_panel.blocks.quality import STYLE
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import markup_table


def freshness_html(release: Release, formats: Formats) -> Markup:
    """One line a table: when it was last computed, and of a source how many files it has and when the last came."""
    names = ("Table", "Last computed", "Files", "Last file came", "Rows")
    lines = [_line(table, snapshot, formats) for table, snapshot in release.tables.items()]
    told = (
        f"Release {release.id} was published {formats.age(release.created)} by run {release.run}."
    )
    return STYLE + Markup("<p>{}</p>").format(told) + markup_table(names, lines)


def _line(table: str, snapshot: Snapshot, formats: Formats) -> tuple[str, ...]:
    write = formats.writer("integer")
    arrived = snapshot.arrived
    return (
        table, formats.age(snapshot.created), write(snapshot.source_files) if snapshot.source_files else "",
        formats.age(arrived) if arrived else "", write(snapshot.rows),
    )  # fmt: skip
