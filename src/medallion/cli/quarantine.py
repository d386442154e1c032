"""`medallion quarantine`: the rows that did not make it, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of

if TYPE_CHECKING:
    from medallion.contracts import Relation
    from medallion.export.files import FileFormat
    from medallion.lake.frames import Quarantine

SHOWN = ("file", "record", "rule", "column", "value")
ROWS = 20
BATCH = 1_000


@click.command("quarantine", cls=Command)
@click.argument("table", required=False)
@click.option(
    "--run", metavar="ID", help="Of this run, published or not; by default of the current release."
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    help=f"How many rows; by default {ROWS}, or all to a file and with --json.",
)
@click.option(
    "--csv",
    "csv_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the rows to this file.",
)
@click.option(
    "--spreadsheet",
    "spreadsheet_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write them to this file as CSV for a spreadsheet, which computes none of the texts.",
)
@json_option
@click.pass_obj
def command(
    settings: Settings,
    table: str | None,
    run: str | None,
    limit: int | None,
    csv_path: Path | None,
    spreadsheet_path: Path | None,
) -> None:
    """Count the rows that did not make it, or print those of TABLE.

    They are counted by table, rule and column.
    Each row is kept with the rule it broke, the value at fault, its file, its record number in that
    file (1 is the first below the header) and the whole row as it stood there.
    """
    from medallion.cli.output import print_json
    from medallion.export.files import write_file

    rejected = settings.pipeline().lake.quarantine(table, run=run)
    rows = rejected.scan()
    if limit is not None:
        rows = rows.limit(limit)
    files: dict[FileFormat, Path | None] = {"csv": csv_path, "spreadsheet": spreadsheet_path}
    targets = {form: path for form, path in files.items() if path}
    for form, path in targets.items():
        write_file(rows, form, path)
        written = len(rejected) if limit is None else min(limit, len(rejected))
        settings.say(f"{path}: {count_of(written, 'row')}")
    if targets:
        return
    if table is None:
        counts = _counts(rejected.scan())
        if settings.as_json:
            print_json(counts)
        else:
            _show_counts(settings, counts, run)
    elif settings.as_json:
        print_json([{**row, "row": json.loads(row["row"])} for row in _records(rows)])
    else:
        _show_rows(settings, rejected, table, ROWS if limit is None else limit)


def _records(rows: Relation) -> Iterator[dict[str, Any]]:
    for batch in rows.to_arrow_reader(BATCH):
        yield from batch.to_pylist()


def _counts(rows: Relation) -> list[dict[str, Any]]:
    counts = rows.aggregate('"table", rule, "column", count(*) as rows')
    return list(_records(counts.order('"table", rows desc, rule, "column"')))


def _show_counts(settings: Settings, counts: list[dict[str, Any]], run: str | None) -> None:
    from medallion.cli.output import console, number, plain, table

    if not counts:
        settings.say("no row is in quarantine")
        return
    if settings.quiet:
        return
    made = table(["table", "rule", "column", "rows"], right=["rows"])
    for row in counts:
        made.add_row(row["table"], plain(row["rule"]), plain(row["column"]), number(row["rows"]))
    console().print(made)
    of = f" --run {run}" if run else ""
    settings.say(f"\nnext: {settings.typed('quarantine ' + counts[0]['table'] + of)}")


def _show_rows(settings: Settings, rejected: Quarantine, name: str, limit: int) -> None:
    from medallion.cli.output import console, number, plain, table

    if not len(rejected):
        settings.say(f"no row of {name} is in quarantine")
        return
    made = table(SHOWN, right=["record"])
    shown = 0
    for row in _records(rejected.scan().limit(limit)):
        shown += 1
        made.add_row(*("" if row[key] is None else plain(row[key]) for key in SHOWN))
    if settings.quiet:
        return
    console().print(made)
    total = count_of(len(rejected), "row")
    settings.say(
        f"\n{number(shown)} of {total}; --csv FILE writes them with the whole row as it stood there"
    )
