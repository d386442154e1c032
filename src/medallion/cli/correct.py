"""`medallion correct`: store edited rejects as corrections."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of

if TYPE_CHECKING:
    from medallion.lineage.corrected_rows import PreviewedRecord

SHOWN = 20  # corrections that are listed


@click.command("correct", cls=Command)
@click.argument("table")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--note", default="", help="Why; shown by medallion corrections.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Store nothing; show what a run would make of the corrected records.",
)
@json_option
@click.pass_obj
def command(settings: Settings, table: str, file: Path, note: str, dry_run: bool) -> None:
    """Store edited rejects of TABLE as corrections for the next run.

    FILE is one that medallion quarantine TABLE --edit FILE has written, with values corrected in
    any program. A correction replaces the source record: it goes through all steps and rules, and
    is rejected again if it is still wrong. Rows that were not changed are skipped. If any row
    cannot be stored, none is; nor is any if a spreadsheet seems to have rewritten a cell, such as
    007 as 7 or 2024-01-02 as 02/01/2024. In a workbook that --edit has written, cells stay text.

    With --dry-run, TABLE is computed with the corrections, as a run would from the source files of
    the current release, and each record is shown with its row, or with the rule that rejects it.
    """
    from medallion.cli.output import plain, print_json

    if dry_run:
        _preview(settings, table, file)
        return
    result = settings.pipeline().corrections.correct(table, file, note=note)
    if settings.as_json:
        print_json({"added": result.added, "unchanged": result.unchanged, "known": result.known})
        return
    for each in result.added[:SHOWN]:
        settings.say(f"{each.id}  {each.place}: {plain(each.changes)}")
    if (more := len(result.added) - SHOWN) > 0:
        settings.say(f"and {more:,} more: {settings.command_line('corrections')} lists them")
    counts = [count_of(len(result.added), "correction") + " stored"]
    counts += [f"{count_of(result.unchanged, 'row')} unchanged"] if result.unchanged else []
    counts += [f"{count_of(result.known, 'row')} corrected before"] if result.known else []
    settings.say(", ".join(counts))
    if result.added:
        settings.say(f"\nnext: {settings.command_line('run')}")


def _preview(settings: Settings, table: str, file: Path) -> None:
    """Show what the corrections of a file would do."""
    from medallion.cli.output import console, number, plain, print_json
    from medallion.cli.output import table as grid_of

    preview = settings.pipeline().corrections.preview(table, file)
    records = preview.records
    if settings.as_json:
        counts = {"unchanged": preview.unchanged, "known": preview.known}
        rows = [each.as_dict() for each in records]
        print_json({"release": preview.release, "records": rows, **counts})
        return
    grid = grid_of(["file", "record", "table", "outcome", "why, or row"], right=["record"])
    for each in records:
        place = (plain(each.correction.file), number(each.correction.record))
        grid.add_row(*place, each.table, each.outcome, plain(_details(each)))
    if records and not settings.quiet:
        console().print(grid)
    kept = sum(each.outcome == "kept" for each in records)
    settings.say(
        f"{kept:,} of {count_of(len(records), 'corrected record')} would be kept, with the source "
        f"files of release {preview.release}; nothing was stored"
    )
    if records:
        settings.say(f"\nnext: {settings.command_line(f'correct {table} {file}')}")


def _details(record: PreviewedRecord) -> str:
    """Why a record is not kept, or its rows, and the warnings."""
    rows = [
        ", ".join(f"{name}={'' if value is None else value}" for name, value in row.items())
        for row in record.rows
    ]
    warnings = [f"breaks {warning}" for warning in record.warnings]
    return "; ".join([*record.reasons, *rows, *warnings])
