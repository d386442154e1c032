"""`medallion status`: what is published, where, and how the last run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from medallion.cli.settings import Command, Settings, json_option
from medallion.secrets import mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from medallion.contracts.store import Failure
    from medallion.lake.candidates import CandidateHead
    from medallion.pipeline import Pipeline
    from medallion.records import Release, Run
    from medallion.records.quality import TableQuality


@click.command("status", cls=Command)
@json_option
@click.pass_obj
def command(settings: Settings) -> None:
    """Show what is published, where, and how the last run ended.

    Prints the current release, its tables and where their rows went, whether the sinks show it, and
    which run is writing.
    """
    from medallion.cli.output import print_json

    pipeline = settings.pipeline()
    state = collect_status(pipeline)
    if settings.as_json:
        print_json(state)
    elif not settings.quiet:
        _show(settings, state)


def collect_status(pipeline: Pipeline) -> dict[str, Any]:
    """Everything that `status` prints, as plain data."""
    from medallion.lake.candidates import candidate_heads
    from medallion.lake.lease import holder
    from medallion.lake.run_health import run_health

    pointer = pipeline.lake.pointer()
    release, health = pipeline.lake.current(pointer), run_health(pipeline.lake)
    return {
        "pipeline": pipeline.declaration.name,
        "lake": mask(pipeline.lake.storage.url),
        "release": release and _release(release),
        "held": pointer.held,
        "candidates": [_candidate(item) for item in candidate_heads(pipeline.lake)],
        "sinks": {label: _sink(pipeline, label, release) for label in pipeline.sinks},
        "writing": holder(pipeline.lake.storage),
        "last_run": {**_run(health.latest), "outcome": health.outcome} if health else None,
        "failing": health.failure if health else None,
    }


def _release(release: Release) -> dict[str, Any]:
    from medallion.records.quality import quality_of

    tables = {name: snapshot.rows for name, snapshot in release.tables.items()}
    warnings = [
        f"{name}: {warning}"
        for name, snapshot in release.tables.items()
        for warning in snapshot.warnings
    ]
    return {
        "id": release.id,
        "created": release.created,
        "run": release.run,
        "tables": tables,
        "quality": [quality_of(snapshot) for snapshot in release.tables.values()],
        "warnings": warnings,
    }


def _candidate(candidate: CandidateHead) -> dict[str, Any]:
    state = {"name": candidate.name, "release": candidate.release.id, "base": candidate.base}
    computed = {"created": candidate.release.created, "expires": candidate.expires}
    return {**state, **computed, "failed": candidate.failed}


def _run(run: Run) -> dict[str, Any]:
    return run.model_dump(include={"id", "started", "finished", "error", "note"})


def _sink(pipeline: Pipeline, label: str, release: Release | None) -> dict[str, Any]:
    from medallion.errors import ServiceError

    sink = pipeline.sinks[label]
    state: dict[str, Any] = {"url": mask(sink.url), "release": None, "same": False, "error": None}
    try:
        active = sink.active()
    except ServiceError as error:
        return {**state, "error": mask(error.message)}
    active_id = active.id if active else None
    same = active_id == (release.id if release else None)
    return {**state, "release": active_id, "same": same}


def _show(settings: Settings, state: dict[str, Any]) -> None:
    from medallion.cli.output import console

    lines = _lines(settings, state)
    width = max(len(label) for label, _ in lines)
    for label, text in lines:
        settings.say(f"{label:{width}}  {text}")
    release = state["release"]
    if release:
        settings.say()
        console().print(_grid(release["quality"]))
        for warning in release["warnings"]:
            settings.say(f"warning: {warning}")


def _grid(tables: Sequence[TableQuality]) -> Table:
    """The tables of a release, and where their rows went, by phase."""
    from medallion.cli.output import number, plain, table
    from medallion.records.quality import shown_figures

    figures = shown_figures(tables)
    columns = ["rows", *(figure.replace("_", " ") for figure in figures)]
    grid = table(["table", *columns], right=columns)
    for quality in tables:
        counts = (quality.rows, *(getattr(quality, figure) for figure in figures))
        grid.add_row(quality.table, *map(number, counts))
        for phase in quality.notable:
            counts = tuple(getattr(phase, figure) for figure in ("rows_out", *figures))
            grid.add_row(f"  {plain(phase.label)}", *map(number, counts))
    return grid


def _lines(settings: Settings, state: dict[str, Any]) -> list[tuple[str, str]]:
    """The lines above the tables, each as a label and a text."""
    from medallion.cli.output import age, moment

    release, lease, last = state["release"], state["writing"], state["last_run"]
    if release:
        text = f"{release['id']}  published {age(release['created'])} by run {release['run']}"
    else:
        text = f"nothing is published yet; next: {settings.command_line('run')}"
    lines = [("pipeline", state["pipeline"]), ("lake", state["lake"]), ("release", text)]
    if state["held"]:
        end = f"; {settings.command_line('resume')} ends that"
        lines.append(("held", f"runs publish nothing since {moment(state['held'])} UTC{end}"))
    for item in state["candidates"]:
        failed = "; did not pass its gates" if item["failed"] else ""
        lines.append(("candidate", f"{item['name']}  computed {age(item['created'])}{failed}"))
    for label, sink in state["sinks"].items():
        lines.append((label, f"{sink['url']}  {_sink_state(settings, sink)}"))
    if lease:
        writer = f"run {lease['run']}, process {lease['process']} on {lease['host']}"
        lines.append(("writing", writer))
    if last:
        text = f"{last['id']}  {last['outcome']}, {age(last['started'])}"
        if last["outcome"] == "died":
            text += f"; {settings.command_line('run')} resumes where it stopped"
        lines.append(("last run", text))
    return [*lines, *_failure_lines(state["failing"])]


def _failure_lines(failure: Failure | None) -> list[tuple[str, str]]:
    """Since when runs fail, and the reason of the newest; empty if the last run succeeded."""
    from medallion.cli.output import age, moment, plain

    if failure is None:
        return []
    reasons = [plain(line) for line in failure.reason.splitlines()]
    since = f"since {moment(failure.since)} UTC, {age(failure.since)}"
    return [("failing", since), ("reason", reasons[0]), *(("", line) for line in reasons[1:])]


def _sink_state(settings: Settings, sink: dict[str, Any]) -> str:
    if sink["error"]:
        return f"cannot be read: {sink['error']}"
    if sink["same"]:
        return "shows the same release" if sink["release"] else "is empty"
    content = f"shows release {sink['release']}" if sink["release"] else "is empty"
    return f"{content}; {settings.command_line('run')} brings it up to date"
