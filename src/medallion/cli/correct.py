"""`medallion correct`: store edited rejects as corrections."""

from __future__ import annotations

from pathlib import Path

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of

SHOWN = 20  # corrections that are listed


@click.command("correct", cls=Command)
@click.argument("table")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--note", default="", help="Why; shown by medallion corrections.")
@json_option
@click.pass_obj
def command(settings: Settings, table: str, file: Path, note: str) -> None:
    """Store edited rejects of TABLE as corrections for the next run.

    FILE is one that medallion quarantine TABLE --edit FILE has written, with values corrected in
    any program. A correction replaces the source record: it goes through all steps and rules, and
    is rejected again if it is still wrong. Rows that were not changed are skipped. If any row
    cannot be stored, none is; nor is any if a spreadsheet seems to have rewritten a cell, such as
    007 as 7 or 2024-01-02 as 02/01/2024. In a workbook that --edit has written, cells stay text.
    """
    from medallion.cli.output import plain, print_json

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
