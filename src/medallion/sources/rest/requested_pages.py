"""The pages of a pull so far: a loop of pages, and a page that comes twice, are errors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from medallion.errors import SourceError
from medallion.plural import count_of
from medallion.sources.rest.paging import Request


class RequestedPages:
    """The pages of one pull so far."""

    def __init__(self, label: str) -> None:
        self.count = 0
        self._label = label
        self._requested: set[tuple[str, str]] = set()
        self._last = b""

    def request(self, request: Request) -> None:
        """Note a request. Raises SourceError when it was sent before."""
        key = (request.url, json.dumps(dict(request.params)))
        if key in self._requested:
            raise SourceError(
                f"{self._label}: after {count_of(len(self._requested), 'page')}, "
                "the next page is one that was requested before",
                hint="correct how pages follow each other",
            )
        self._requested.add(key)

    def records(self, records: Sequence[str]) -> None:
        """Note the records of a page. Raises SourceError when they are those of the page before."""
        digest = hashlib.sha256("\n".join(records).encode()).digest()
        if records and digest == self._last:
            raise SourceError(
                f"{self._label}: page {len(self._requested)} has the records of the page before",
                hint="the API may not know the parameter; correct how pages follow each other",
            )
        self._last = digest
        self.count += len(records)
