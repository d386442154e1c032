"""Colours of series: one value of a column has the same colour in every chart."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from medallion_panel.ui.theme import REST

_MAX_VALUES = 10_000  # per column


class SeriesColors:
    """Assigns colours to the values of columns, in the order in which they are first seen.

    A value keeps its colour. Of two values in one chart with the same colour, the later one gets
    the next free colour.
    """

    def __init__(self) -> None:
        self._places: dict[str, dict[str, int]] = {}
        self._lock = threading.Lock()

    def of(
        self,
        column: str,
        column_values: Iterable[str],
        names: Sequence[str],
        rest: str,
        series: Sequence[str],
    ) -> dict[str, str]:
        """The colour of every name, one of `series`. `column_values` are its values in order, and
        `rest` the name of all others.
        """
        with self._lock:
            places = self._places.setdefault(column, {})
            for name in (*column_values, *names):
                if name not in places and len(places) < _MAX_VALUES:
                    places[name] = len(places)
            order = {name: places.get(name, 0) for name in names}
        colors: dict[str, str] = {}
        for name in sorted(names, key=lambda name: order[name]):
            start = order[name] % len(series)
            candidates = [*series[start:], *series[:start]]
            free = (color for color in candidates if color not in colors.values())
            colors[name] = REST if name == rest else next(free, candidates[0])
        return {name: colors[name] for name in names}
