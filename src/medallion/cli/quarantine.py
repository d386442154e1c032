"""`medallion quarantine`: the rejected rows, and why they were rejected."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from medallion.cli.export_options import (
    format_option,
    output_option,
    require_output,
    write_rows,
)
from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of

if TYPE_CHECKING:
    from medallion.contracts import Relation
    from medallion.lake.frames import Quarantine
    from medallion.lake.reject_filter import RowChoice
    from medallion.records import Release

COLUMNS = ("file", "record", "rule", "column", "value")
ROWS = 20
BATCH = 1_000


@click.command("quarantine", cls=Command)
@click.argument("table", required=False)
@click.option(
    "--run", metavar="ID", help="The run to show, published or not; default: the current release."
)
@click.option("--rule", "rules", multiple=True, metavar="NAME", help="Only this rule; repeatable.")
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="PATTERN",
    help="Only this file: its path, the end of it, or a pattern; repeatable.",
)
@click.option(
    "--column", "columns", multiple=True, metavar="NAME", help="Only this column; repeatable."
)
@click.option(
    "--warned",
    is_flag=True,
    help="Instead, the rows that were kept although they break a rule with `on_fail: warn`.",
)
@click.option("--by-file", is_flag=True, help="Count the rows, by file too.")
@click.option(
    "--limit",
    type=click.IntRange(0),
    help=f"Maximum number of rows; default {ROWS}, or all with --output or --json.",
)
@output_option
@format_option
@click.option(
    "--edit",
    "edit_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the source records to this new CSV file or workbook, for medallion correct.",
)
@json_option
@click.pass_obj
def command(
    settings: Settings,
    table: str | None,
    run: str | None,
    rules: tuple[str, ...],
    files: tuple[str, ...],
    columns: tuple[str, ...],
    warned: bool,
    by_file: bool,
    limit: int | None,
    output: Path | None,
    form: str | None,
    edit_path: Path | None,
) -> None:
    """Count the rejected rows, or print those of TABLE.

    Rows are counted by table, rule and column, with --by-file also by file. Each row is stored with
    the rule that it broke, the invalid value, its file, its record number in that file (1 is the
    first below the header) and the whole source row.

    With --warned, rows are shown that the table kept although they break a rule; one that breaks
    several rules is shown once for each.

    With --output, the rows are written to a file. The format `spreadsheet` is CSV that is safe to
    open in a spreadsheet, as of medallion show.

    With --edit, correct the values in any program, then store them with medallion correct. In a
    workbook (.xlsx) all cells are text; in a CSV file, spreadsheets rewrite numbers and dates.
    """
    from medallion.cli.output import print_json

    require_output(form, output)
    choice: RowChoice = {"run": run, "rule": rules, "file": files, "column": columns}
    if edit_path is not None:
        _write_edit(settings, table, edit_path, warned, **choice)
        return
    pipeline = settings.pipeline()
    rejects = pipeline.quarantine(table, warned=warned, **choice)
    rows = rejects.scan() if limit is None else rejects.scan().limit(limit)
    for note in rejects.inexact:
        settings.say(f"not exact: {note}")
    if output is not None:
        write_rows(settings, rows, form, output)
        return
    chosen = {"--run": [run] if run else [], "--rule": rules, "--file": files, "--column": columns}
    options = [f"{name} {shlex.quote(each)}" for name, values in chosen.items() for each in values]
    options += ["--warned"] * warned
    if table is None or by_file:
        by = ["table", "rule", "column", *["file"] * by_file]
        _show_counts(settings, rejects, _counts(rejects.scan(), by), options)
        _show_corrected(settings, None if run or warned else pipeline.lake.current())
    elif settings.as_json:
        print_json([{**row, "row": json.loads(row["row"])} for row in _records(rows)])
    else:
        _show_rows(settings, rejects, table, ROWS if limit is None else limit)


def _write_edit(
    settings: Settings, table: str | None, path: Path, warned: bool, **chosen: Any
) -> None:
    """Write the rejects that can be corrected. Raises CallError when none can."""
    from medallion.errors import CallError
    from medallion.export.edit_file import check_target, write_rows

    if warned:
        raise CallError(
            "--edit writes rejects only", hint="medallion quarantine --warned --output FILE"
        )
    if table is None:
        raise CallError("--edit needs a table", hint="medallion quarantine TABLE --edit FILE")
    check_target(path)
    rejects = settings.pipeline().corrections.rejects(table, **chosen)
    others = f"{count_of(rejects.others, 'reject')} of {table} not made of one source record"
    if not rejects.records:
        reason = others if rejects.others else f"no rows of {table} in quarantine"
        raise CallError(
            f"{reason}: nothing to correct",
            hint="correct the records that the rejects were made of, in the tables before it"
            if rejects.others
            else "medallion quarantine counts the rejected rows by table",
        )
    write_rows(rejects.rows(), path)
    settings.say(f"{path}: {count_of(len(rejects.records), 'record')}")
    if rejects.others:
        settings.say(f"left out: {others}")
    settings.say(f"\nnext: edit it, then {settings.command_line(f'correct {table} {path}')}")


def _records(rows: Relation) -> Iterator[dict[str, Any]]:
    for batch in rows.to_arrow_reader(BATCH):
        yield from batch.to_pylist()


def _counts(rows: Relation, by: Sequence[str]) -> list[dict[str, Any]]:
    names = ", ".join(f'"{name}"' for name in by)
    counts = rows.aggregate(f"{names}, count(*) as rows")
    return list(_records(counts.order(f'"table", rows desc, {names}')))


def _show_counts(
    settings: Settings, rejects: Quarantine, counts: list[dict[str, Any]], options: Sequence[str]
) -> None:
    from medallion.cli.output import console, number, plain, print_json, table

    if settings.as_json:
        print_json(counts)
        return
    if not counts:
        settings.say(f"no rows {rejects.place}")
        return
    if settings.quiet:
        return
    *names, rows = counts[0]
    grid = table([*names, rows], right=[rows])
    for row in counts:
        grid.add_row(*(plain(row[name]) for name in names), number(row[rows]))
    console().print(grid)
    command_line = settings.command_line(" ".join(["quarantine", counts[0]["table"], *options]))
    settings.say(f"\nnext: {command_line}")


def _show_corrected(settings: Settings, release: Release | None) -> None:
    """How many records were corrected, if any."""
    snapshots = release.tables.values() if release else ()
    corrected = sum(file.corrected for snapshot in snapshots for file in snapshot.sources)
    if corrected:
        command_line = settings.command_line("corrections")
        settings.say(f"{count_of(corrected, 'corrected record')}: {command_line}")


def _show_rows(settings: Settings, rejects: Quarantine, name: str, limit: int) -> None:
    from medallion.cli.output import console, number, plain, table

    if not len(rejects):
        settings.say(f"no rows of {name} {rejects.place}")
        return
    grid = table(COLUMNS, right=["record"])
    for row in _records(rejects.scan().limit(limit)):
        grid.add_row(*(plain(row[key]) for key in COLUMNS))
    if settings.quiet:
        return
    console().print(grid)
    total = count_of(len(rejects), "row")
    settings.say(
        f"\n{number(grid.row_count)} of {total}; --output FILE writes them with the source records"
    )
