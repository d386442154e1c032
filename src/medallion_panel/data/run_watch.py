"""Whether the pipeline's last run failed, as its store or its lake knows; asked rarely, for all visitors together."""

from __future__ import annotations

import threading
from time import monotonic

from medallion.contracts import Store
from medallion.contracts.store import Failure
from medallion.errors import MedallionError
from medallion.lake.run_health import run_health
from medallion.pipeline import Pipeline

_EVERY = 15.0  # seconds


class RunWatch:
    """The failure of the last run; None too where neither the store nor the lake can say.

    A dashboard that reads an API has a store that knows of runs, and a lake that is elsewhere.
    """

    def __init__(self, pipeline: Pipeline, store: Store) -> None:
        self._pipeline, self._store = pipeline, store
        self._lock = threading.Lock()
        self._asked = -_EVERY
        self._failure: Failure | None = None

    def failure(self) -> Failure | None:
        with self._lock:
            if monotonic() - self._asked >= _EVERY:
                self._failure = self._read()
                self._asked = monotonic()
            return self._failure

    def _read(self) -> Failure | None:
        try:
            if failure := self._store.failure():
                return failure
            health = run_health(self._pipeline.lake)
        except MedallionError:
            return None
        return health.failure if health else None
