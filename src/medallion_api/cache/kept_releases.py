"""Which published releases the store still has, through a cache of its answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from time import monotonic

from medallion.errors import SinkError
from medallion_api.cache.release_reader import ReleaseReader

VALID = 60.0  # seconds for which an answer is used while the same release is active


class KeptReleases:
    """Asks the store once for each release, until another one is active or `VALID` is over."""

    def __init__(self, reading: ReleaseReader) -> None:
        self._reading = reading
        self._cached: tuple[str, float, dict[str, bool]] = ("", 0.0, {})

    def answers(self, active: str, idents: Iterable[str]) -> Mapping[str, bool]:
        """Whether the store has the tables of each release, while `active` is the active one.

        Once the store fails it is asked no more: the releases that remain have no answer.
        """
        answers = self._answers(active)
        with suppress(SinkError):
            for ident in idents:
                if ident not in answers:
                    answers[ident] = self._reading.keeps(ident)
        return answers

    def _answers(self, active: str) -> dict[str, bool]:
        cached, began, answers = self._cached
        if cached != active or monotonic() - began > VALID:
            answers = {}
            self._cached = (active, monotonic(), answers)
        return answers
