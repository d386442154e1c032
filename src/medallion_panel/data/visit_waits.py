"""How long visitors have waited for figures, the last of them, in the memory of a process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from types import MappingProxyType
from typing import Literal, TypeAlias

Wait: TypeAlias = Literal["page", "change"]
"""For a page that the visitor opens first, or for other figures on it, such as after a filter."""

_MOST = 1000  # of each kind


class VisitWaits:
    """The last waits of all visitors, in seconds, by kind."""

    def __init__(self) -> None:
        self._waits: Mapping[Wait, deque[float]] = MappingProxyType(
            {"page": deque(maxlen=_MOST), "change": deque(maxlen=_MOST)}
        )

    def start(self, *, first: bool) -> Callable[[], None]:
        """Begin the wait of one visitor; a function that ends it, at the first of its calls."""
        waits, started = self._waits["page" if first else "change"], [perf_counter()]

        def end() -> None:
            if started:
                waits.append(perf_counter() - started.pop())

        return end

    def seconds(self, wait: Wait) -> Sequence[float]:
        """The waits of a kind, oldest first."""
        return tuple(self._waits[wait])
