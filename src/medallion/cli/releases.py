"""`medallion releases`: list the releases that a rollback can go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from medallion.cli.settings import Command, Settings, json_option

if TYPE_CHECKING:
    from medallion.lake.lake import Lake


@click.command("releases", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> None:
    """List the kept releases and the candidates."""
    from rich.text import Text

    from medallion.cli.output import age, console, number, print_json, table

    lake = settings.pipeline().lake
    releases, current = lake.records.release_heads(lake.release_ids()), lake.pointer().release
    if settings.as_json:
        keys = {"id", "created", "run", "previous"}
        print_json(
            [
                {
                    **release.model_dump(include=keys),
                    "current": release.id == current,
                    "tables": {name: table.rows for name, table in release.tables.items()},
                }
                for release in releases
            ]
        )
        return
    if not releases:
        settings.say(f"nothing is published yet; next: {settings.command_line('run')}")
    if settings.quiet:
        return
    columns = ["release", "", "published", "tables", "rows", "previous"]
    grid = table(columns, right=["tables", "rows"])
    for release in releases:
        rows = sum(table.rows for table in release.tables.values())
        is_current = release.id == current
        grid.add_row(
            Text(release.id, "bold" if is_current else ""),
            Text("current", "green") if is_current else "",
            age(release.created),
            number(len(release.tables)),
            number(rows),
            release.previous or "",
        )
    if releases:
        console().print(grid)
    _show_candidates(lake)


def _show_candidates(lake: Lake) -> None:
    """Print the candidates below the releases, if there are any."""
    from medallion.cli.output import age, console, moment, table
    from medallion.lake.candidates import candidate_heads

    grid = table(["candidate", "release", "computed", "from", "expires (UTC)", "gates"])
    for item in candidate_heads(lake):
        failed = f"{len(item.failed)} not passed" if item.failed else ""
        base, expires = item.base or "", moment(item.expires)
        grid.add_row(item.name, item.release.id, age(item.release.created), base, expires, failed)
    if grid.row_count:
        console().print(grid)
