"""`medallion corrections`: what was corrected, whether it is applied, and how to revoke it."""

from __future__ import annotations

import json

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of


@click.command("corrections", cls=Command)
@click.argument("table", required=False)
@click.option(
    "--revoke",
    multiple=True,
    metavar="ID",
    help="Revoke this correction, or all that were stored together; may be repeated.",
)
@click.option(
    "--purge",
    is_flag=True,
    help="With --revoke: also remove the content of the corrections, such as personal data.",
)
@json_option
@click.pass_obj
def command(settings: Settings, table: str | None, revoke: tuple[str, ...], purge: bool) -> None:
    """List the corrections, or those of TABLE.

    Each has its record, the corrected columns, who stored it and when, and whether the current
    release has it, or why not. A revoked correction stays listed; the next run reads the original
    record again.

    With --purge, what was corrected and by which values is removed from the lake; who stored the
    correction and when stays listed. It cannot be undone. Rows that were computed from it leave
    with the releases that have them; none of these can be rolled back to.
    """
    from medallion.cli.output import console, moment, number, plain, print_json
    from medallion.cli.output import table as grid_of

    if purge and not revoke:
        raise click.UsageError("--purge needs --revoke ID")
    corrections = settings.pipeline().corrections
    if revoke:
        revoked = corrections.revoke(*revoke, purge=purge)
        if settings.as_json:
            print_json({"revoked": [each.id for each in revoked]})
            return
        done = "revoked and purged" if purge else "revoked"
        settings.say(f"{count_of(len(revoked), 'correction')} {done}")
        if revoked:
            settings.say(f"\nnext: {settings.command_line('run')}")
        return
    listing = corrections.listing(table)
    if settings.as_json:
        nested = ("original", "values")
        print_json([{**row, **{key: json.loads(row[key]) for key in nested}} for row in listing])
    elif not listing.rows:
        settings.say("no corrections")
    elif not settings.quiet:
        columns = ["id", "table", "file", "record", "corrected", "by", "created", "note", "state"]
        grid = grid_of(columns, right=["record"])
        for row in listing:
            grid.add_row(
                row["id"],
                row["table"],
                plain(row["file"]),
                number(row["record"]),
                plain(row["changes"]),
                plain(row["author"]),
                moment(row["created"]),
                plain(row["note"]),
                plain(row["state"]),
            )
        console().print(grid)
