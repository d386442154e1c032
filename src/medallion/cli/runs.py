"""`medallion runs`: list the runs, or show what one did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from medallion.cli.settings import Command, Settings, json_option

if TYPE_CHECKING:
    from medallion.lake.lake import Lake
    from medallion.records import Run

STYLES = {
    "succeeded": "green",
    "unchanged": "dim",
    "failed": "bold red",
    "died": "bold red",
    "running": "cyan",
}


@click.command("runs", cls=Command)
@click.argument("run", metavar="[ID]", required=False)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Maximum number of runs to list.",
)
@json_option
@click.pass_obj
def command(settings: Settings, run: str | None, limit: int) -> None:
    """List the runs, newest first, or show what run ID did.

    With ID, prints again the report of that run, with the fate of every row.
    """
    from medallion.cli.output import print_json

    lake = settings.pipeline().lake
    if run is not None:
        record = lake.run(run)
        if settings.as_json:
            print_json(record)
        elif not settings.quiet:
            _show_one(settings, lake, record)
        return
    runs = lake.runs(limit)
    if not runs:
        lake.pointer()  # raises StorageError if the lake's format is too old to read its runs
    if settings.as_json:
        print_json(runs)
    elif not runs:
        settings.say(f"no runs yet; next: {settings.command_line('run')}")
    elif not settings.quiet:
        _list(lake, runs)


def _list(lake: Lake, runs: list[Run]) -> None:
    from rich.text import Text

    from medallion.cli.output import age, console, number, table
    from medallion.lake.run_health import outcome

    columns = ["run", "outcome", "started", "seconds", "computed", "release"]
    grid = table(columns, right=["seconds", "computed"])
    for record in runs:
        run, status = outcome(lake, record)
        tables = sum(step.action == "computed" for step in run.steps)
        grid.add_row(
            run.id,
            Text(status, STYLES[status]),
            age(run.started),
            f"{(run.finished - run.started).total_seconds():.1f}" if run.finished else "",
            number(tables),
            run.release or "",
        )
    console().print(grid)


def _show_one(settings: Settings, lake: Lake, run: Run) -> None:
    from medallion.cli import report
    from medallion.cli.output import moment, plain
    from medallion.lake.run_health import outcome

    run, status = outcome(lake, run)
    settings.say(f"run {run.id} of {run.pipeline}: {status}, started {moment(run.started)} UTC\n")
    report.show(run, why=settings.verbose)
    if run.error:
        settings.say("\n" + "\n".join(plain(line) for line in run.error.splitlines()))
    if run.release:
        settings.say(f"\nrelease {run.release}")
