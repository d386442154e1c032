"""The freshness block: the age of the release, of every table and of every source."""

from __future__ import annotations

from markupsafe import Markup

from medallion.records import Release, Snapshot
from medallion_panel.blocks.quality import STYLE
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import markup_table


def freshness_html(release: Release, formats: Formats) -> Markup:
    """One line per table: its age, its rows, and the number and age of its source files."""
    say = formats.say
    names = map(say, ("Table", "Last computed", "Files", "Last file arrived", "Rows"))
    lines = [_line(table, snapshot, formats) for table, snapshot in release.tables.items()]
    age = formats.age(release.created)
    message = "Release {release} was published {age} by run {run}."
    summary = say(message, release=release.id, age=age, run=release.run)
    return STYLE + Markup("<p>{}</p>").format(summary) + markup_table(list(names), lines)


def _line(table: str, snapshot: Snapshot, formats: Formats) -> tuple[str, ...]:
    write = formats.writer("integer")
    arrived = snapshot.arrived
    return (
        table,
        formats.age(snapshot.created),
        write(snapshot.source_files) if snapshot.source_files else "",
        formats.age(arrived) if arrived else "",
        write(snapshot.rows),
    )
