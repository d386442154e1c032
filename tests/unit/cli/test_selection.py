"""The options that choose tables, of any command."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from medallion.cli.selection import SelectedTables, selection_options
from medallion.run.selection import Selection


@click.command()
@click.option("--name")
@selection_options
def command(name: str | None, tables: SelectedTables) -> None:
    click.echo(f"{name} {any(tables)} {tables.selection()}")


@pytest.mark.parametrize(
    ("options", "selection"),
    [
        ("", Selection()),
        ("--only gold.a --only gold.b", Selection(only=("gold.a", "gold.b"))),
        ("--from silver.a --to gold.b", Selection(from_="silver.a", to="gold.b")),
        ("--full --refresh bronze.a", Selection(full=True, refresh=("bronze.a",))),
    ],
)
def test_the_options_are_one_argument(options: str, selection: Selection) -> None:
    result = CliRunner().invoke(command, ["--name", "x", *options.split()])
    assert result.output == f"x {bool(options)} {selection}\n"
