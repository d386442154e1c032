"""The options `--output` and `--format` of the commands that write rows to files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from medallion.plural import count_of

if TYPE_CHECKING:
    from medallion.cli.settings import Settings
    from medallion.contracts import Relation
    from medallion.export.files import FileFormat

ENDINGS = ("csv", "json", "parquet", "xlsx")
FORMATS = ("csv", "spreadsheet", "json", "parquet", "xlsx")
SHOWN = f".{', .'.join(ENDINGS)}"

output_option = click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"Write the rows to this file: {SHOWN}.",
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="Format of the file; default: by the extension of --output.",
)


def file_format(form: str | None, output: Path) -> FileFormat:
    """The format of a file: `form`, else by the extension. Raises CallError for an unknown one."""
    ending = output.suffix.removeprefix(".").lower()
    if form is None and ending not in ENDINGS:
        from medallion.errors import CallError

        raise CallError(
            f"{output}: unknown file extension",
            hint=f"choose one: {SHOWN}, or --format {'|'.join(FORMATS)}",
        )
    return cast("FileFormat", form or ending)


def require_output(form: str | None, output: Path | None) -> None:
    """Raise CallError for a format without a file."""
    if form and output is None:
        from medallion.errors import CallError

        raise CallError("--format needs --output FILE", hint="--json prints to standard output")


def write_rows(
    settings: Settings, rows: Relation, form: str | None, output: Path, noun: str = "row"
) -> None:
    """Write rows to a file, and print how many."""
    from medallion.export.files import write_file

    write_file(rows, file_format(form, output), output)
    settings.say(f"{output}: {count_of(len(rows), noun)}")
