"""`medallion run`: bring every table up to date and publish a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of

if TYPE_CHECKING:
    from medallion.pipeline import Pipeline
    from medallion.records import Run


@click.command("run", cls=Command)
@click.option("--only", multiple=True, metavar="TABLE", help="Run only this table; repeatable.")
@click.option("--from", "from_", metavar="TABLE", help="Run this table and what depends on it.")
@click.option("--to", metavar="TABLE", help="Run this table and what it depends on.")
@click.option("--full", is_flag=True, help="Recompute every table, changed or not.")
@json_option
@click.pass_obj
def command(
    settings: Settings, only: tuple[str, ...], from_: str | None, to: str | None, full: bool
) -> None:
    """Bring every table up to date and publish one release.

    Tables that have not changed since the last run are not recomputed; after a failure, the next
    run resumes where the failed one stopped.
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
            settings.closing = _published(pipeline)
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
    # The most frequent outcome: it must not wait for the import of rich.
    tables = "its table" if len(run.steps) == 1 else f"all {count_of(len(run.steps), 'table')}"
    settings.say(f"up to date: release {run.release} already has {tables}")
    for step in run.steps:
        for warning in step.warnings:
            settings.say(f"warning: {step.table}: {warning}")
    settings.say(f"next: {settings.command_line('status')}")


def _published(pipeline: Pipeline) -> list[str]:
    """The line after an error that says which release readers still see."""
    from medallion.errors import StorageError

    try:
        release = pipeline.lake.pointer().release
    except StorageError:  # already reported, as the error that ended the run
        return []
    return [f"release {release} is still published" if release else "nothing is published yet"]
