"""`medallion run`: bring every table up to date and publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of

if TYPE_CHECKING:
    from medallion.pipeline import Pipeline
    from medallion.records import Run


@click.command("run", cls=Command)
@click.option(
    "--only", multiple=True, metavar="TABLE", help="Only this table; may be given several times."
)
@click.option("--from", "from_", metavar="TABLE", help="Only this table and what is made of it.")
@click.option("--to", metavar="TABLE", help="Only this table and what it is made of.")
@click.option("--full", is_flag=True, help="Compute everything anew, changed or not.")
@json_option
@click.pass_obj
def command(
    settings: Settings, only: tuple[str, ...], from_: str | None, to: str | None, full: bool
) -> None:
    """Bring every table up to date and publish one release.

    What has not changed since the last run is not computed again; a run that failed goes on where it stopped.
    """
    from medallion.cli.progress import watcher
    from medallion.errors import MedallionError
    from medallion.run.planner import Selection

    pipeline = settings.pipeline()
    try:
        with watcher(settings) as watch:
            run = pipeline.run(Selection(only, from_, to, full), watch=watch)
    except BaseException as error:
        record = error.run if isinstance(error, MedallionError) else None
        if record:
            _report(settings, pipeline, record)
        if record or not isinstance(error, MedallionError):
            settings.closing = _standing(pipeline)
        raise
    _report(settings, pipeline, run)


def _report(settings: Settings, pipeline: Pipeline, run: Run) -> None:
    if settings.as_json:
        if run.status != "failed":
            from medallion.cli.output import print_json

            print_json(run)
        return
    if settings.quiet:
        return
    if run.status == "unchanged":
        _up_to_date(settings, run)
    else:
        from medallion.cli import report

        report.show(run, why=settings.verbose)
        if run.status == "succeeded":
            report.show_results(settings, pipeline, run)


def _up_to_date(settings: Settings, run: Run) -> None:
    # The command typed most often: it must not wait for the imports of tables and colours.
    tables = "its table" if len(run.steps) == 1 else f"all {count_of(len(run.steps), 'table')}"
    settings.say(f"up to date: release {run.release} already has {tables}")
    for step in run.steps:
        for warning in step.warnings:
            settings.say(f"warning: {step.table}: {warning}")
    settings.say(f"next: {settings.typed('status')}")


def _standing(pipeline: Pipeline) -> list[str]:
    from medallion.errors import StorageError

    try:
        release = pipeline.lake.pointer().release
    except StorageError:  # told already, as what ended the run
        return []
    return [f"the published release stays {release}" if release else "nothing is published yet"]
