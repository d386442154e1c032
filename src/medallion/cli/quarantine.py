"""`medallion quarantine`: the rejected rows, and why they were rejected."""

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

COLUMNS = ("file", "record", "rule", "column", "value")
ROWS = 20
BATCH = 1_000


@click.command("quarantine", cls=Command)
@click.argument("table", required=False)
@click.option(
    "--run", metavar="ID", help="The run to show, published or not; default: the current release."
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    help=f"Maximum number of rows; default {ROWS}, or all with a file or --json.",
)
@click.option(
    "--csv",
    "csv_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the rows to this CSV file.",
)
@click.option(
    "--spreadsheet",
    "spreadsheet_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the rows to this CSV file for a spreadsheet, with formulas escaped.",
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
    """Count the rejected rows, or print those of TABLE.

    Rows are counted by table, rule and column. Each row is stored with the rule that it broke, the
    invalid value, its file, its record number in that file (1 is the first below the header) and
    the whole source row.
    """
    from medallion.cli.output import print_json
    from medallion.export.files import write_file

    rejects = settings.pipeline().lake.quarantine(table, run=run)
    rows = rejects.scan()
    if limit is not None:
        rows = rows.limit(limit)
    files: dict[FileFormat, Path | None] = {"csv": csv_path, "spreadsheet": spreadsheet_path}
    targets = {form: path for form, path in files.items() if path}
    for form, path in targets.items():
        write_file(rows, form, path)
        total = len(rejects) if limit is None else min(limit, len(rejects))
        settings.say(f"{path}: {count_of(total, 'row')}")
    if targets:
        return
    if table is None:
        counts = _counts(rejects.scan())
        if settings.as_json:
            print_json(counts)
        else:
            _show_counts(settings, counts, run)
    elif settings.as_json:
        print_json([{**row, "row": json.loads(row["row"])} for row in _records(rows)])
    else:
        _show_rows(settings, rejects, table, ROWS if limit is None else limit)


def _records(rows: Relation) -> Iterator[dict[str, Any]]:
    for batch in rows.to_arrow_reader(BATCH):
        yield from batch.to_pylist()


def _counts(rows: Relation) -> list[dict[str, Any]]:
    counts = rows.aggregate('"table", rule, "column", count(*) as rows')
    return list(_records(counts.order('"table", rows desc, rule, "column"')))


def _show_counts(settings: Settings, counts: list[dict[str, Any]], run: str | None) -> None:
    from medallion.cli.output import console, number, plain, table

    if not counts:
        settings.say("no rows in quarantine")
        return
    if settings.quiet:
        return
    grid = table(["table", "rule", "column", "rows"], right=["rows"])
    for row in counts:
        grid.add_row(row["table"], plain(row["rule"]), plain(row["column"]), number(row["rows"]))
    console().print(grid)
    option = f" --run {run}" if run else ""
    command_line = settings.command_line(f"quarantine {counts[0]['table']}{option}")
    settings.say(f"\nnext: {command_line}")


def _show_rows(settings: Settings, rejects: Quarantine, name: str, limit: int) -> None:
    from medallion.cli.output import console, number, plain, table

    if not len(rejects):
        settings.say(f"no rows of {name} in quarantine")
        return
    grid = table(COLUMNS, right=["record"])
    for row in _records(rejects.scan().limit(limit)):
        grid.add_row(*("" if row[key] is None else plain(row[key]) for key in COLUMNS))
    if settings.quiet:
        return
    console().print(grid)
    total = count_of(len(rejects), "row")
    settings.say(
        f"\n{number(grid.row_count)} of {total}; --csv FILE writes them with the whole source row"
    )
