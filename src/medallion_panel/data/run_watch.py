"""Whether the pipeline's last run failed, and publication is on hold, for all visitors."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import datetime
from time import monotonic
from typing import TypeAlias

from medallion.contracts import Store
from medallion.contracts.store import Failure
from medallion.errors import MedallionError
from medallion.lake.candidates import candidates
from medallion.lake.run_health import run_health
from medallion.pipeline import Pipeline
from medallion.records import Candidate

_INTERVAL = 15.0  # seconds between reads

Health: TypeAlias = tuple[Failure | None, datetime | None, Candidate | None]
"""The failure of the last run, since when publication is on hold, and what a gate stopped."""


class RunWatch:
    """Reads the failure of the last run from the store, or else from the lake.

    A dashboard that reads an API has a store that knows of runs, and may not reach the lake.
    """

    def __init__(self, pipeline: Pipeline, store: Store) -> None:
        self._pipeline, self._store = pipeline, store
        self._lock = threading.Lock()
        self._read_at = -_INTERVAL
        self._failure: Failure | None = None
        self.held: datetime | None = None  # since when runs publish nothing
        self.stopped: Candidate | None = None  # what the last run computed, if a gate stopped it

    def failure(self) -> Failure | None:
        """The failure of the last run; None when it succeeded or nothing is known of it."""
        with self._lock:
            if monotonic() - self._read_at >= _INTERVAL:
                self._failure = self._read()
                self._read_at = monotonic()
            return self._failure

    def seen(self) -> Health | None:
        """What the last read found, without reading; None when it was too long ago."""
        if monotonic() - self._read_at >= _INTERVAL:
            return None
        return self._failure, self.held, self.stopped

    def _read(self) -> Failure | None:
        try:
            failure, self.stopped = self._store.failure(), None
            if failure is None:
                health = run_health(self._pipeline.lake)
                self.held = self._pipeline.lake.pointer().held
                failure = health.failure if health else None
            if failure is not None:
                self.stopped = self._candidate_of(failure.run)
        except MedallionError:
            return None
        return failure

    def _candidate_of(self, run: str) -> Candidate | None:
        """The candidate that a gate stopped in a run, where the lake can be read."""
        with suppress(MedallionError):
            for each in candidates(self._pipeline.lake):
                if each.failed and each.release.run == run:
                    return each
        return None
