"""`medallion run`: bring every table up to date and publish a release."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from medallion.cli.garbage_collection import rarely_collected
from medallion.cli.selection import SelectedTables, selection_options
from medallion.cli.settings import Command, Settings, json_option
from medallion.plural import count_of

if TYPE_CHECKING:
    from medallion.pipeline import Pipeline
    from medallion.records import Run


@click.command("run", cls=Command)
@selection_options
@click.option("--no-publish", is_flag=True, help="Keep the result as a candidate instead.")
@click.option("--as", "name", metavar="NAME", help="The candidate's name; default: next.")
@json_option
@click.pass_obj
@rarely_collected()
def command(settings: Settings, tables: SelectedTables, no_publish: bool, name: str | None) -> None:
    """Bring every table up to date and publish one release.

    Tables that have not changed since the last run are not recomputed; after a failure, the next
    run resumes where the failed one stopped.

    With --no-publish, readers still see the current release: `medallion publish NAME` switches
    to the new one, and `medallion discard NAME` removes it.
    """
    from medallion.run import stamp

    if name and not no_publish:
        raise click.UsageError("--as names a candidate: use it with --no-publish")
    if not no_publish and not any(tables) and (answer := stamp.repeat(settings.path)):
        _up_to_date(settings, answer)
        return
    from medallion.cli.progress import watcher
    from medallion.lake.candidates import DEFAULT

    candidate = (name or DEFAULT) if no_publish else None
    start = None
    with suppress(OSError):  # reported when the declaration is read
        start = stamp.Start.of(settings.path)
    pipeline = settings.pipeline()
    try:
        with watcher(settings) as watch:
            run = pipeline.run(tables.selection(), candidate=candidate, watch=watch)
    except BaseException as error:
        _report_failure(settings, pipeline, error)
        raise
    _report(settings, pipeline, run)
    if run.release and start:
        from medallion.run.stamp_writer import write_stamp

        write_stamp(pipeline.context, start)


def _report_failure(settings: Settings, pipeline: Pipeline, error: BaseException) -> None:
    from medallion.errors import MedallionError

    record = error.run if isinstance(error, MedallionError) else None
    if record:
        _report(settings, pipeline, record)
    if record or not isinstance(error, MedallionError):
        settings.closing = _published(pipeline)


def _report(settings: Settings, pipeline: Pipeline, run: Run) -> None:
    if run.status == "unchanged":
        _up_to_date(settings, run.model_dump(mode="json"))
    elif settings.as_json:
        if run.status != "failed":
            from medallion.cli.output import print_json

            print_json(run)
    elif not settings.quiet:
        from medallion.cli import report

        report.show(run, why=settings.verbose)
        if run.status == "succeeded":
            report.show_results(settings, pipeline, run)


def _up_to_date(settings: Settings, run: Mapping[str, Any]) -> None:
    """Report the most frequent outcome, from the record of the run as JSON.

    It must not wait for the import of rich or Pydantic.
    """
    if settings.as_json:
        click.echo(json.dumps(run, indent=1, ensure_ascii=False))
        return
    steps = run["steps"]
    tables = "its table" if len(steps) == 1 else f"all {count_of(len(steps), 'table')}"
    owner = f"release {run['release']}" if run["release"] else f"candidate {run['candidate']}"
    settings.say(f"up to date: {owner} already has {tables}")
    if run["note"]:
        settings.say(run["note"])
    for step in steps:
        for warning in step["warnings"]:
            settings.say(f"warning: {step['table']}: {warning}")
    settings.say(f"next: {settings.command_line('status')}")


def _published(pipeline: Pipeline) -> list[str]:
    """The line after an error that says which release readers still see."""
    from medallion.errors import StorageError

    try:
        release = pipeline.lake.pointer().release
    except StorageError:  # already reported, as the error that ended the run
        return []
    return [f"release {release} is still published" if release else "nothing is published yet"]
