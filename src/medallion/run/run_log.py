"""The log of a run: its record, written at the end, and the events that a watcher receives."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Literal

from medallion.errors import GateError, MedallionError, ServiceError
from medallion.identifiers import now
from medallion.lake.corrections import CorrectionLog, warnings
from medallion.lake.lake import Lake
from medallion.lake.record_retention import forget_runs
from medallion.records import Action, Change, Ingestion, LoadReport, Release, Run, Snapshot, StepRun
from medallion.run.planner import Plan
from medallion.telemetry.measurements import measure_load, measure_step


@dataclass(frozen=True)
class Event:
    """An event of a run. `kind` says which of the other fields are set.

    `run` is the record of the run when it began, or ended; `aborted` says that it was interrupted.
    """

    kind: Literal[
        "began", "planned", "started", "finished", "loading", "loaded", "published", "ended"
    ]
    table: str = ""
    plan: Plan | None = None
    step: StepRun | None = None
    snapshot: Snapshot | None = None
    load: LoadReport | None = None
    release: Release | None = None
    run: Run | None = None
    aborted: bool = False


class RunLog:
    """The record of a run at work, whose tables may finish in several threads.

    `places` are the positions of the tables in the plan: steps are recorded in this order.
    """

    def __init__(self, lake: Lake, run: str, pipeline: str, watch: Callable[[Event], None]) -> None:
        self.record = Run(id=run, pipeline=pipeline, status="running", started=now())
        self.places: Mapping[str, int] = {}
        self._lake = lake
        self._watch = watch
        self._lock = Lock()

    def watch(self, event: Event) -> None:
        """Pass an event to the watcher, from one thread at a time."""
        with self._lock:
            self._watch(event)

    def note(self, **changes: object) -> None:
        """Change fields of the record."""
        self.record = self.record.model_copy(update=changes)

    def add(self, step: StepRun) -> None:
        """Record a step, at its place in the plan."""
        with self._lock:
            steps = self.record.steps
            place = bisect(
                steps, self.places[step.table], key=lambda known: self.places[known.table]
            )
            self.note(steps=(*steps[:place], step, *steps[place:]))

    def finish(self, step: StepRun, snapshot: Snapshot | None = None) -> None:
        """Record a finished step, and pass it to the watcher with the snapshot that it made."""
        self.add(step)
        measure_step(self.record.pipeline, step)
        self.watch(Event("finished", table=step.table, step=step, snapshot=snapshot))

    def complain(self, table: str, said: str, *, fails: bool) -> None:
        """Add to the record of a finished step what a gate says of its table."""
        with self._lock:
            self.note(
                steps=tuple(
                    _complained(step, said, fails=fails) if step.table == table else step
                    for step in self.record.steps
                )
            )

    def loaded(self, load: LoadReport) -> None:
        """Record a table that was loaded into a sink, and pass it to the watcher."""
        self.note(loads=(*self.record.loads, load))
        measure_load(self.record.pipeline, load)
        self.watch(Event("loaded", load=load))

    def write(self) -> None:
        """Write the record into the lake, and remove records beyond retention."""
        self._lake.put_run(self.record)
        with suppress(ServiceError):  # old records that cannot be removed now are removed later
            forget_runs(self._lake)


def _complained(step: StepRun, said: str, *, fails: bool) -> StepRun:
    if not fails:
        return step.model_copy(update={"warnings": (*step.warnings, said)})
    error = f"{step.error}; {said}" if step.error else said
    return step.model_copy(update={"action": "failed", "error": error})


def finished_step(
    snapshot: Snapshot,
    action: Action,
    why: str,
    changes: Mapping[Change, int],
    seconds: float = 0.0,
    partitions_computed: int = 0,
    groups_computed: int | None = None,
) -> StepRun:
    """The record of a table that now has this snapshot; `changes` counts its source files.

    Parameters: `groups_computed` is None for a table of which all groups were computed.
    """
    some = groups_computed is not None
    return StepRun(
        table=snapshot.table,
        action=action,
        why=why,
        seconds=seconds,
        rows=snapshot.rows,
        bytes=snapshot.bytes,
        partitions=snapshot.partition_count,
        partitions_computed=partitions_computed,
        groups=snapshot.tallies[-1].rows_in if some else 0,
        groups_computed=groups_computed or 0,
        snapshot=snapshot.id,
        tallies=snapshot.tallies,
        sources=dict(changes),
        warnings=snapshot.warnings,
        rejects=snapshot.rejects,
    )


def with_corrections(step: StepRun, snapshot: Snapshot, log: CorrectionLog) -> StepRun:
    """The record of a table that warns of the corrections that its source files are without."""
    if not snapshot.sources:
        return step
    return step.model_copy(update={"warnings": (*step.warnings, *warnings(log, snapshot))})


def failed_step(table: str, why: str, seconds: float, error: MedallionError) -> StepRun:
    """The record of a table that could not be computed, with the figures of a failed gate."""
    figures = error.figures if isinstance(error, GateError) else {}
    fields = {
        "table": table,
        "action": "failed",
        "why": why,
        "seconds": seconds,
        "error": str(error),
    }
    return StepRun.model_validate({**fields, **figures})


def ingestion(loads: Sequence[LoadReport]) -> Ingestion | None:
    """What all loads of a run took together; None when every table was already there."""
    loaded = [load for load in loads if load.loaded]
    rows, seconds = sum(load.arrived for load in loaded), sum(load.seconds for load in loaded)
    return Ingestion(rows=rows, seconds=seconds, rate=round(rows / seconds, 1)) if loaded else None
