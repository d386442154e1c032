"""`medallion why`: the source records behind rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medallion.cli.export_options import (
    file_format,
    format_option,
    output_option,
    require_output,
    write_rows,
)
from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of

if TYPE_CHECKING:
    from medallion.contracts import Relation
    from medallion.lineage.origins import Origins

ROWS = 10
FILES = 10
BATCH = 1_000
REASON = ("fate", "rule", "column", "value")


@click.command("why", cls=Command)
@click.argument("table")
@click.option(
    "--where",
    metavar="CONDITION",
    help="Only rows that match this SQL condition on the table's columns; default: all rows.",
)
@click.option(
    "--column",
    metavar="NAME",
    help="Only records of the tables that this column of TABLE is made of.",
)
@click.option(
    "--removed",
    is_flag=True,
    help="Show the records that would also have counted, but were not kept, and why.",
)
@click.option(
    "--release", metavar="ID", help="The release, or candidate, to read; default: the current one."
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    help=f"Maximum number of records; default {ROWS}, or all with --output or --json.",
)
@output_option
@format_option
@json_option
@click.pass_obj
def command(
    settings: Settings,
    table: str,
    where: str | None,
    column: str | None,
    removed: bool,
    release: str | None,
    limit: int | None,
    output: Path | None,
    form: str | None,
) -> None:
    """Show the source records that rows of TABLE were made of.

    Records are counted by file, and shown as they are in it. Records that would also have counted,
    but were deduplicated, dropped or quarantined, are counted by rule; --removed shows them.

    Steps are followed back exactly, except those that may combine any rows, such as a Python
    function over the whole table: these are named, with the tables that they read.
    """
    from medallion.cli.output import print_json

    require_output(form, output)
    if output is not None:
        file_format(form, output)
    origins = settings.pipeline().why(table, where, column=column, release=release)
    records = origins.removed() if removed else origins.records(limit)
    records = records if limit is None else records.limit(limit)
    if output is not None:
        write_rows(settings, records, form, output, "record")
    elif settings.as_json:
        counts = {"would_have_counted": origins.removed_counts}
        name = "removed" if removed else "records"
        print_json({**origins.summary(), **counts, name: origins.as_dicts(records)})
    elif not settings.quiet:
        _show(settings, origins, records.limit(ROWS) if limit is None else records, removed)


def _rows(rows: Relation) -> Iterator[dict[str, Any]]:
    for batch in rows.to_arrow_reader(BATCH):
        yield from batch.to_pylist()


def _show(settings: Settings, origins: Origins, records: Relation, removed: bool) -> None:
    from medallion.cli.output import console, number, plain, table

    rows = count_of(origins.rows, "row")
    settings.say(f"{rows} of {origins.table} in release {origins.release.id}")
    sources = dict.fromkeys(each.table for each in origins.files)
    made_of = [
        f"{name}.{each}" for name in sources for each in (origins.columns or {}).get(name, ())
    ]
    if made_of:
        settings.say(f"made of {', '.join(made_of)}")
    for note in origins.inexact:
        settings.say(f"not exact: {note}")
    out = console()
    if not removed:
        _show_files(settings, origins)
    columns = ("file", "record", *(REASON if removed else ()), "row")
    grid = table(columns, right=["record"])
    corrections = []
    for row in _rows(records):
        grid.add_row(*("" if row[name] is None else plain(row[name]) for name in columns))
        corrections.append(origins.correction_of(row))
    if grid.row_count:
        out.print(grid)
    for each in filter(None, corrections):
        settings.say(f"corrected: {each.place}: {plain(each.changes)} ({each.id})")
    counts = origins.removed_counts
    not_kept = sum(row["records"] for row in counts)
    total = count_of(not_kept if removed else len(origins), "source record")
    settings.say(f"\n{number(grid.row_count)} of {total}; --output FILE writes them all")
    if counts and not removed:
        rules = table(["table", *REASON[:3], "records"], right=["records"])
        for row in counts:
            rules.add_row(
                *(plain(row[name]) for name in ("table", *REASON[:3])), number(row["records"])
            )
        settings.say(
            f"\n{count_of(not_kept, 'more record')} would have counted; --removed shows them"
        )
        out.print(rules)


def _show_files(settings: Settings, origins: Origins) -> None:
    from medallion.cli.output import console, number, plain, table

    if not origins.files:
        return
    grid = table(["table", "file", "records"], right=["records"])
    for each in origins.files[:FILES]:
        grid.add_row(each.table, plain(each.file), number(each.records))
    console().print(grid)
    more = len(origins.files) - grid.row_count
    if more:
        settings.say(f"… and {count_of(more, 'other file')}")
