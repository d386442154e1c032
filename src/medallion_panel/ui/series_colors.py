"""One colour for one value of a column, in every chart."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from medallion_panel.ui.theme import REST, SERIES

OTHERS = "Others"

_REMEMBERED = 10_000  # values of a column


class SeriesColors:
    """Gives values of a column their colours, in the order in which they are first seen.

    A value keeps its colour. Where a chart has two values of one colour, the later one takes the next that is free.
    """

    def __init__(self) -> None:
        self._places: dict[str, dict[str, int]] = {}
        self._lock = threading.Lock()

    def of(self, column: str, known: Iterable[str], names: Sequence[str]) -> dict[str, str]:
        """The colour of every name. Parameters: `known` are the values of the column, in their order."""
        with self._lock:
            places = self._places.setdefault(column, {})
            for name in (*known, *names):
                if name not in places and len(places) < _REMEMBERED:
                    places[name] = len(places)
            order = {name: places.get(name, 0) for name in names}
        colors: dict[str, str] = {}
        for name in sorted(names, key=lambda name: order[name]):
            shifted = [SERIES[(order[name] + shift) % len(SERIES)] for shift in range(len(SERIES))]
            free = (color for color in shifted if color not in colors.values())
            colors[name] = REST if name == OTHERS else next(free, shifted[0])
        return {name: colors[name] for name in names}
