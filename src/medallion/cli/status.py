"""`medallion status`: what is published, where, and what the last run did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.secrets import mask

if TYPE_CHECKING:
    from medallion.contracts.store import Failure
    from medallion.pipeline import Pipeline
    from medallion.records import Release, Run


@click.command("status", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> None:
    """Show what is published, where, and how the last run ended.

    Tells the current release and its tables, whether the sinks show it, and who is writing now.
    """
    from medallion.cli.output import print_json

    pipeline = settings.pipeline()
    told = gather(pipeline)
    if settings.as_json:
        print_json(told)
    elif not settings.quiet:
        _show(settings, told)


def gather(pipeline: Pipeline) -> dict[str, Any]:
    """All that `status` tells, as plain data."""
    from medallion.lake.lease import holder
    from medallion.lake.run_health import run_health

    release, health = pipeline.lake.current(), run_health(pipeline.lake)
    return {
        "pipeline": pipeline.declaration.name,
        "lake": mask(pipeline.lake.storage.url),
        "release": release and _release(release),
        "sinks": {label: _sink(pipeline, label, release) for label in pipeline.sinks},
        "writing": holder(pipeline.lake.storage),
        "last_run": {**_run(health.latest), "outcome": health.outcome} if health else None,
        "failing": health.failure if health else None,
    }


def _release(release: Release) -> dict[str, Any]:
    tables = {name: snapshot.rows for name, snapshot in release.tables.items()}
    warnings = [
        f"{name}: {said}" for name, snapshot in release.tables.items() for said in snapshot.warnings
    ]
    return {
        "id": release.id,
        "created": release.created,
        "run": release.run,
        "tables": tables,
        "warnings": warnings,
    }


def _run(run: Run) -> dict[str, Any]:
    return run.model_dump(include={"id", "started", "finished", "error", "note"})


def _sink(pipeline: Pipeline, label: str, release: Release | None) -> dict[str, Any]:
    from medallion.errors import ServiceError

    sink = pipeline.sinks[label]
    told: dict[str, Any] = {"url": mask(sink.url), "release": None, "same": False, "error": None}
    try:
        active = sink.active()
    except ServiceError as error:
        return {**told, "error": mask(error.message)}
    shown = active.id if active else None
    return {**told, "release": shown, "same": shown == (release.id if release else None)}


def _show(settings: Settings, told: dict[str, Any]) -> None:
    from medallion.cli.output import age, console, number, table

    release = told["release"]
    lines = [("pipeline", told["pipeline"]), ("lake", told["lake"])]
    if release:
        lines += [
            (
                "release",
                f"{release['id']}  published {age(release['created'])} by run {release['run']}",
            )
        ]
    else:
        lines += [("release", f"nothing is published yet; next: {settings.typed('run')}")]
    lines += [
        (label, f"{sink['url']}  {_sink_said(settings, sink)}")
        for label, sink in told["sinks"].items()
    ]
    held = told["writing"]
    if held:
        lines.append(("writing", f"run {held['run']}, process {held['process']} on {held['host']}"))
    last = told["last_run"]
    if last:
        said = f"{last['id']}  {last['outcome']}, {age(last['started'])}"
        if last["outcome"] == "died":
            said += f"; {settings.typed('run')} goes on where it stopped"
        lines.append(("last run", said))
    lines += _failing(told["failing"])
    width = max(len(label) for label, _ in lines)
    for label, said in lines:
        settings.say(f"{label:{width}}  {said}")
    if release:
        made = table(["table", "rows"], right=["rows"])
        for name, rows in release["tables"].items():
            made.add_row(name, number(rows))
        settings.say()
        console().print(made)
        for said in release["warnings"]:
            settings.say(f"warning: {said}")


def _failing(failing: Failure | None) -> list[tuple[str, str]]:
    """Since when runs fail, and the whole reason of the newest; nothing when the last one succeeded."""
    from medallion.cli.output import age, moment, plain

    if failing is None:
        return []
    reasons = [plain(line) for line in failing.reason.splitlines()]
    since = f"since {moment(failing.since)} UTC, {age(failing.since)}"
    return [("failing", since), ("reason", reasons[0]), *(("", line) for line in reasons[1:])]


def _sink_said(settings: Settings, sink: dict[str, Any]) -> str:
    if sink["error"]:
        return f"cannot be read: {sink['error']}"
    if sink["same"]:
        return "shows the same release" if sink["release"] else "is empty"
    shown = f"release {sink['release']}" if sink["release"] else "nothing"
    return f"shows {shown}; {settings.typed('run')} mends that"
