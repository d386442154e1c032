"""`medallion show`: the rows of a table, on the terminal or as a file."""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of

if TYPE_CHECKING:
    from medallion.contracts import Relation
    from medallion.export.files import FileFormat
    from medallion.lake.table import LakeTable

ROWS = 20
FORMATS = ("table", "csv", "spreadsheet", "json", "parquet", "xlsx")
ENDINGS = ("csv", "json", "parquet", "xlsx")
BINARY = ("parquet", "xlsx")
BATCH = 1_000


@click.command("show", cls=Command)
@click.argument("table")
@click.option(
    "--where",
    metavar="CONDITION",
    help="Only rows that meet this SQL condition over the table's columns.",
)
@click.option("--columns", metavar="NAMES", help="Only these columns, separated by commas.")
@click.option(
    "--sort", metavar="NAMES", help="Order by these columns, separated by commas; -NAME descends."
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    help=f"How many rows; by default {ROWS}, or all in another format.",
)
@click.option("--release", metavar="ID", help="As this release has it; by default the current one.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="By default what --output ends in, else a table.",
)
@click.option("--csv", "as_csv", is_flag=True, help="The same as --format csv.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file."
)
@json_option
@click.pass_obj
def command(
    settings: Settings,
    table: str,
    where: str | None,
    columns: str | None,
    sort: str | None,
    limit: int | None,
    release: str | None,
    form: str | None,
    as_csv: bool,
    output: Path | None,
) -> None:
    """Print rows of TABLE, or write them to a file.

    The condition of --where is one SQL expression, as in the step `filter`: it can read no other table and no
    file. Nested values are JSON. In JSON, decimals are text, so that they stay exact. The format `spreadsheet` is CSV
    that a spreadsheet opens as it is: it begins with the mark of UTF-8, and a text that would be computed, such as
    =1+1, has an apostrophe in front.
    """
    form = _format(form or ("csv" if as_csv else "json" if settings.as_json else None), output)
    found = settings.pipeline().lake.table(table, release)
    limit = ROWS if limit is None and form == "table" else limit
    rows = found.select(where=where, columns=_names(columns), sort=_names(sort), limit=limit)
    if form == "table":
        _print_table(table, found, rows, matching=where is None)
    else:
        _export(table, found, rows, cast("FileFormat", form), output)


def _names(listed: str | None) -> list[str]:
    """Names between commas; one that has a comma itself stands in double quotes."""
    return next(csv.reader([listed], skipinitialspace=True)) if listed else []


def _format(form: str | None, output: Path | None) -> str:
    """The format that was asked for. Raises CallError where bytes would go to a terminal, or nothing says which."""
    from medallion.errors import CallError

    choices = f"--format {'|'.join(FORMATS[1:])}"
    if form is None and output is not None:
        form = output.suffix.removeprefix(".").lower()
        if form not in ENDINGS:
            raise CallError(f"{output}: no format has this ending", hint=f"choose one: {choices}")
    if form in BINARY and output is None and sys.stdout.isatty():
        raise CallError(f"{form} is not for a terminal", hint=f"write a file: --output rows.{form}")
    if form == "table" and output is not None:
        raise CallError("--output needs a format of files", hint=f"choose one: {choices}")
    return form or "table"


def _export(
    name: str, table: LakeTable, rows: Relation, form: FileFormat, output: Path | None
) -> None:
    """Write the rows to a file that appears whole, or to standard output."""
    from medallion.export.files import write, write_file

    shown = [column for column in table.columns if column.name in rows.columns]
    head = {"table": name, "release": table.release.id, "columns": shown, "total": len(table)}
    if output:
        write_file(rows, form, output, head)
        return
    with tempfile.TemporaryDirectory(prefix="medallion-") as folder:
        part = Path(folder) / f"rows.{form}"
        write(rows, form, part, head)
        sys.stdout.flush()
        with part.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _rows_of(rows: Relation) -> Iterator[tuple[Any, ...]]:
    """Rows for people, nested values as JSON."""
    from medallion.export.files import flattened

    for batch in flattened(rows).to_arrow_reader(BATCH):
        try:
            columns = [column.to_pylist() for column in batch.columns]
        except OverflowError as error:
            from medallion.errors import DataError

            raise DataError(
                "a date before the year 1 or after 9999 cannot be shown",
                hint="--format csv writes it as text",
            ) from error
        yield from zip(*columns, strict=True)


def _print_table(name: str, table: LakeTable, rows: Relation, *, matching: bool) -> None:
    from rich.text import Text

    from medallion.cli import output

    out = output.console()
    types = {column.name: column.type for column in table.columns}
    right = [column for column in rows.columns if output.is_number(types[column])]
    drawn = output.table(rows.columns, right=right)
    shown = 0
    for row in _rows_of(rows):
        shown += 1
        drawn.add_row(
            *(Text("null", "dim") if value is None else output.plain(value) for value in row)
        )
    out.print(drawn)
    total = f"{output.number(shown)} of {count_of(len(table), 'row')}"
    of = total if matching else f"{count_of(shown, 'row')} that match"
    out.print(Text(f"\n{of} of {name} in release {table.release.id}", "dim"), soft_wrap=True)
