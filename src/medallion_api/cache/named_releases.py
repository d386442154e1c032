"""The releases that a request names: by id, by the beginning of one, or by a candidate's name."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from medallion.errors import CallError
from medallion.lake.candidates import NAME, find_candidate, release_id
from medallion.lake.lake import Lake
from medallion.records import Release

_MOST = 8  # summaries of releases in memory


class NamedReleases:
    """Finds releases in the lake, and with `candidates` also candidates.

    A published release never changes, so that the record of each is read once.
    """

    def __init__(self, lake: Lake, *, candidates: bool) -> None:
        self._lake = lake
        self._candidates = candidates
        self._summaries: OrderedDict[str, Release] = OrderedDict()
        self._lock = Lock()

    def release(self, reference: str) -> Release:
        """A release with its files. Raises CallError, which names no candidates, without one."""
        if not NAME.fullmatch(reference):
            return self._lake.release(release_id(self._lake, reference))
        record = find_candidate(self._lake, reference) if self._candidates else None
        if record is None:
            raise CallError(f"there is no release {reference!r}")
        return record.release

    def summary(self, reference: str) -> Release:
        """A release without its files. Raises CallError as `release` does."""
        if NAME.fullmatch(reference):
            return self.release(reference).summary()
        ident = release_id(self._lake, reference)
        with self._lock:
            summary = self._summaries.get(ident)
        summary = summary or self._lake.release(ident).summary()
        with self._lock:
            self._summaries[ident] = summary
            self._summaries.move_to_end(ident)
            while len(self._summaries) > _MOST:
                self._summaries.popitem(last=False)
        return summary
