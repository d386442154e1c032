"""The connection of a run to an API, and the records that were requested over it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing

from medallion.sources.rest.client import RestClient
from medallion.sources.rest.record_spool import RecordSpool
from medallion.sources.rest.since import CursorValue


class RestConnection:
    """An API, and what was requested of it: a source asks once for all of its new records."""

    def __init__(self, client: RestClient, stack: ExitStack) -> None:
        self.client = client
        self._stack = stack
        self._spools: dict[str, RecordSpool] = {}

    def spool(
        self, source: str, begin: CursorValue | None, request: Callable[[], RecordSpool]
    ) -> RecordSpool:
        """The records of a source from a value of the cursor on, requested unless that was done."""
        spool = self._spools.get(source)
        if spool is None or not spool.has(begin):
            self._spools[source] = spool = self._stack.enter_context(closing(request()))
        return spool
