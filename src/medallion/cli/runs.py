"""`medallion runs`: what was done, and when."""

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
    "--limit", type=click.IntRange(1), default=20, show_default=True, help="How many runs to list."
)
@json_option
@click.pass_obj
def command(settings: Settings, run: str | None, limit: int) -> None:
    """List the runs, or tell what the run ID did.

    The newest stands first. With ID, the table of where every row went is printed again.
    """
    from medallion.cli.output import print_json

    lake = settings.pipeline().lake
    if run is not None:
        found = lake.run(run)
        if settings.as_json:
            print_json(found)
        elif not settings.quiet:
            _show_one(settings, lake, found)
        return
    runs = lake.runs(limit)
    if not runs:
        lake.pointer()  # raises StorageError for a lake of an older format, whose runs cannot be read
    if settings.as_json:
        print_json(runs)
    elif not runs:
        settings.say(f"nothing was run yet; next: {settings.typed('run')}")
    elif not settings.quiet:
        _list(lake, runs)


def _list(lake: Lake, runs: list[Run]) -> None:
    from rich.text import Text

    from medallion.cli.output import age, console, number, table
    from medallion.lake.run_health import outcome

    made = table(
        ["run", "outcome", "started", "seconds", "computed", "release"],
        right=["seconds", "computed"],
    )
    for record in runs:
        run, ended = outcome(lake, record)
        computed = sum(step.action == "computed" for step in run.steps)
        made.add_row(
            run.id,
            Text(ended, STYLES[ended]),
            age(run.started),
            f"{(run.finished - run.started).total_seconds():.1f}" if run.finished else "",
            number(computed),
            run.release or "",
        )
    console().print(made)


def _show_one(settings: Settings, lake: Lake, run: Run) -> None:
    from medallion.cli import report
    from medallion.cli.output import moment, plain
    from medallion.lake.run_health import outcome

    run, ended = outcome(lake, run)
    settings.say(f"run {run.id} of {run.pipeline}: {ended}, started {moment(run.started)} UTC\n")
    report.show(run, why=settings.verbose)
    if run.error:
        settings.say("\n" + "\n".join(plain(line) for line in run.error.splitlines()))
    if run.release:
        settings.say(f"\nrelease {run.release}")
