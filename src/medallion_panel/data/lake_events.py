"""What happened in the lake: releases, failed runs and drift of sources, for charts over time."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from medallion.errors import MedallionError
from medallion.pipeline import Pipeline
from medallion.records import Run
from medallion_panel.annotation_settings import EventKind
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.visitor_errors import without_paths

_MOST_RUNS = 200


@dataclass(frozen=True)
class LakeEvent:
    """One release, failed run or drift of a table's sources, at a moment, in words."""

    kind: EventKind
    moment: datetime
    text: str


@lru_cache(maxsize=4)
def lake_events(pipeline: Pipeline) -> LakeEvents:
    """The events of a pipeline's lake, which all cards share."""
    return LakeEvents(pipeline)


class LakeEvents:
    """Reads the events of the last runs; all visitors share them until there is another run."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._lock = threading.Lock()
        self._latest = ""
        self._runs: list[Run] = []

    def read(self, kinds: Collection[EventKind], say: Messages) -> list[LakeEvent]:
        """The events of these kinds, newest first; none where the lake cannot be read."""
        with self._lock:
            try:
                latest = next(iter(self._pipeline.lake.run_ids()), "")
                if latest != self._latest or any(run.finished is None for run in self._runs[:1]):
                    self._runs = self._pipeline.lake.runs(_MOST_RUNS)
                    self._latest = latest
            except MedallionError:
                return []
            runs = self._runs
        return [event for run in runs for event in _events(run, say) if event.kind in kinds]


def _events(run: Run, say: Messages) -> Iterator[LakeEvent]:
    """What happened in a run."""
    moment = run.finished or run.started
    if run.status == "succeeded" and run.release:
        yield LakeEvent("releases", moment, say("Release {release}", release=run.release))
    if run.status == "failed":
        reason = without_paths(" ".join((run.error or "").split()))
        yield LakeEvent("failures", moment, say("Run failed: {reason}", reason=reason))
    for step in run.steps:
        for drift in step.drift:
            words = say("Drift of {table}: {drift}", table=step.table, drift=without_paths(drift))
            yield LakeEvent("drift", moment, words)
