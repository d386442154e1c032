"""`medallion show`: print the rows of a table, or write them to a file."""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from medallion.cli.export_options import FORMATS, file_format, output_option
from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of

if TYPE_CHECKING:
    from medallion.contracts import Relation
    from medallion.export.files import FileFormat
    from medallion.lake.table import LakeTable

ROWS = 20
BINARY = ("parquet", "xlsx")
BATCH = 1_000


@click.command("show", cls=Command)
@click.argument("table")
@click.option(
    "--where",
    metavar="CONDITION",
    help="Only rows that match this SQL condition on the table's columns.",
)
@click.option("--columns", metavar="NAMES", help="Only these columns, separated by commas.")
@click.option(
    "--sort",
    metavar="NAMES",
    help="Sort by these columns, separated by commas; -NAME sorts descending.",
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    help=f"Maximum number of rows; default {ROWS}, or all in a format other than table.",
)
@click.option("--release", metavar="ID", help="The release to read; default: the current one.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("table", *FORMATS)),
    help="Output format; default: by the extension of --output, else table.",
)
@click.option("--schema", is_flag=True, help="List the columns instead of rows.")
@output_option
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
    schema: bool,
    output: Path | None,
) -> None:
    """Print rows of TABLE, or write them to a file.

    The condition of --where is one SQL expression, as in the step `filter`: it cannot read other
    tables or files. Nested values are JSON. In JSON, decimals are text, so that they stay exact.
    The format `spreadsheet` is CSV that is safe to open in a spreadsheet: it begins with a UTF-8
    byte order mark, and a text that would be a formula, such as =1+1, is prefixed with an
    apostrophe. --schema lists the columns with their types and descriptions instead.
    """
    if schema:
        _print_schema(settings.pipeline().lake.table(table, release), as_json=settings.as_json)
        return
    form = _format(form or ("json" if settings.as_json else None), output)
    lake_table = settings.pipeline().lake.table(table, release)
    limit = ROWS if limit is None and form == "table" else limit
    rows = lake_table.select(where=where, columns=_names(columns), sort=_names(sort), limit=limit)
    if form == "table":
        _print_table(table, lake_table, rows, filtered=where is not None)
    else:
        _export(table, lake_table, rows, cast("FileFormat", form), output)


def _names(listed: str | None) -> list[str]:
    """Names separated by commas; a name that contains a comma is in double quotes."""
    return next(csv.reader([listed], skipinitialspace=True)) if listed else []


def _format(form: str | None, output: Path | None) -> str:
    """The format of the output: `form`, else by the extension of `output`.

    Raises CallError for an unknown extension, and for a binary format on a terminal.
    """
    from medallion.errors import CallError

    if form is None and output is not None:
        form = file_format(None, output)
    if form in BINARY and output is None and sys.stdout.isatty():
        hint = f"write a file: --output rows.{form}"
        raise CallError(f"{form} is binary and cannot be printed on a terminal", hint=hint)
    if form == "table" and output is not None:
        raise CallError("--output needs a file format", hint=f"choose one: {'|'.join(FORMATS)}")
    return form or "table"


def _export(
    name: str, table: LakeTable, rows: Relation, form: FileFormat, output: Path | None
) -> None:
    """Write the rows to standard output, or to a file that is replaced atomically."""
    from medallion.export.files import write, write_file

    columns = [column for column in table.columns if column.name in rows.columns]
    head = {"table": name, "release": table.release.id, "columns": columns, "total": len(table)}
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
    """The rows as tuples, with nested values as JSON."""
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


def _print_schema(table: LakeTable, *, as_json: bool) -> None:
    from rich.text import Text

    from medallion.cli import output

    description, name = table.description, table.snapshot.table
    texts = description.columns
    if as_json:
        columns = [
            {**column.model_dump(), "description": texts.get(column.name, "")}
            for column in table.columns
        ]
        output.print_json(
            {
                "table": name,
                "release": table.release.id,
                "description": description.text,
                "columns": columns,
            }
        )
        return
    out = output.console()
    if description.text:
        out.print(output.plain(description.text), soft_wrap=True)
    grid = output.table(["column", "type", "description"])
    for column in table.columns:
        grid.add_row(
            output.plain(column.name), column.type, output.plain(texts.get(column.name, ""))
        )
    out.print(grid)
    counts = f"{count_of(len(table.columns), 'column')}, {count_of(len(table), 'row')}"
    out.print(Text(f"\n{counts} of {name} in release {table.release.id}", "dim"), soft_wrap=True)


def _print_table(name: str, table: LakeTable, rows: Relation, *, filtered: bool) -> None:
    from rich.text import Text

    from medallion.cli import output
    from medallion.records.column_type import column_type

    out = output.console()
    types = {column.name: column.type for column in table.columns}
    right = [column for column in rows.columns if column_type(types[column]).number]
    grid = output.table(rows.columns, right=right)
    for row in _rows_of(rows):
        grid.add_row(
            *(Text("null", "dim") if value is None else output.plain(value) for value in row)
        )
    out.print(grid)
    if filtered:
        counts = count_of(grid.row_count, "matching row")
    else:
        counts = f"{output.number(grid.row_count)} of {count_of(len(table), 'row')}"
    out.print(Text(f"\n{counts} of {name} in release {table.release.id}", "dim"), soft_wrap=True)
