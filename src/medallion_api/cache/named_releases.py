"""The releases that a request names: by id, by the beginning of one, or by a candidate's name."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from medallion.contracts import NamedRelease
from medallion.errors import CallError
from medallion.lake.candidates import NAME, candidate_heads, find_candidate, release_id
from medallion.lake.lake import Lake
from medallion.records import Candidate, Release

_MOST = 8  # summaries of releases in memory


class NamedReleases:
    """Finds releases in the lake, and with `candidates` also candidates, by name or id.

    A published release never changes, so that the record of each is read once.
    """

    def __init__(self, lake: Lake, *, candidates: bool) -> None:
        self._lake = lake
        self._candidates = candidates
        self._summaries: OrderedDict[str, Release] = OrderedDict()
        self._lock = Lock()

    def release(self, reference: str) -> Release:
        """A release with its files. Raises CallError, which names no candidates, without one."""
        found = self._find(reference)
        return found.release if isinstance(found, Candidate) else self._lake.release(found)

    def named(self, reference: str) -> NamedRelease:
        """A release without its files. Raises CallError as `release` does."""
        found = self._find(reference)
        if isinstance(found, Candidate):
            return NamedRelease(found.release.summary(), found.name, found.failed)
        with self._lock:
            summary = self._summaries.get(found)
        summary = summary or self._lake.release(found).summary()
        with self._lock:
            self._summaries[found] = summary
            self._summaries.move_to_end(found)
            while len(self._summaries) > _MOST:
                self._summaries.popitem(last=False)
        return NamedRelease(summary)

    def _find(self, reference: str) -> Candidate | str:
        """A candidate, or the id of a published release."""
        if NAME.fullmatch(reference):
            candidate = find_candidate(self._lake, reference) if self._candidates else None
            if candidate is None:
                raise CallError(f"there is no release {reference!r}")
            return candidate
        try:
            return release_id(self._lake, reference)
        except CallError:
            candidate = self._candidate_of(reference) if self._candidates else None
            if candidate is None:
                raise
            return candidate

    def _candidate_of(self, ident: str) -> Candidate | None:
        """The candidate whose release has this id."""
        heads = candidate_heads(self._lake)
        name = next((head.name for head in heads if head.release.id == ident), None)
        candidate = find_candidate(self._lake, name) if name else None
        return candidate if candidate and candidate.release.id == ident else None
