"""`medallion show`: the rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from medallion.cli.settings import Command, Settings, json_option

if TYPE_CHECKING:
    from medallion.tables import LakeTable

ROWS = 20
BATCH = 1_000


@click.command("show", cls=Command)
@click.argument("table")
@click.option(
    "--limit", type=click.IntRange(0), help=f"How many rows; by default {ROWS}, or all with --csv and --json."
)
@click.option("--release", metavar="ID", help="As this release has it; by default the current one.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@json_option
@click.pass_obj
def command(settings: Settings, table: str, limit: int | None, release: str | None, as_csv: bool) -> None:
    """Print rows of TABLE, such as gold.products.

    In JSON decimals are text, so that they stay exact.
    """
    found = settings.pipeline().lake.table(table, release)
    if settings.as_json:
        _print_json(table, found, limit)
    elif as_csv:
        _print_csv(found, limit)
    else:
        _print_table(table, found, ROWS if limit is None else limit)


def rows_of(table: LakeTable, limit: int | None) -> Iterator[dict[str, Any]]:
    """The first rows of a table, read a batch at a time."""
    rows = table.scan()
    if limit is not None:
        rows = rows.limit(limit)
    for batch in rows.to_arrow_reader(BATCH):
        try:
            yield from batch.to_pylist()
        except OverflowError as error:
            from medallion.errors import DataError

            hint = "from Python, `pipeline.lake.table(…).to_arrow()` gives them"
            raise DataError("a date before the year 1 or after 9999 cannot be shown", hint=hint) from error


def _print_json(name: str, table: LakeTable, limit: int | None) -> None:
    from medallion.cli.output import line_json

    head = {"table": name, "release": table.release.id, "columns": table.columns, "total": len(table)}
    click.echo(f'{line_json(head)[:-1]},"rows":[', nl=False)
    separator = "\n"
    for row in rows_of(table, limit):
        click.echo(separator + line_json(row), nl=False)
        separator = ",\n"
    click.echo("\n]}")


def _print_csv(table: LakeTable, limit: int | None) -> None:
    import csv
    import sys

    out = csv.DictWriter(sys.stdout, [column.name for column in table.columns], lineterminator="\n")
    out.writeheader()
    out.writerows(rows_of(table, limit))


def _print_table(name: str, table: LakeTable, limit: int) -> None:
    from rich.text import Text

    from medallion.cli import output

    out = output.console()
    right = [column.name for column in table.columns if output.is_number(column.type)]
    made = output.table([column.name for column in table.columns], right=right)
    shown = 0
    for row in rows_of(table, limit):
        shown += 1
        made.add_row(*(Text("null", "dim") if value is None else output.plain(value) for value in row.values()))
    out.print(made)
    of = f"{output.number(shown)} of {output.count(len(table), 'row')}"
    out.print(Text(f"\n{of} of {name} in release {table.release.id}", "dim"), soft_wrap=True)
