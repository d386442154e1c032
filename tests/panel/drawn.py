"""What a page shows, read out of the browser."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

_SOURCES = """() => Bokeh.documents.flatMap((each) => [...each._all_models.values()])
  .filter((model) => model.type === "ColumnDataSource")
  .map((model) => Object.fromEntries(Object.entries(model.data).map(([name, values]) => [name, Array.from(values)])))"""
_PATIENCE = 90


def sources(tab: Any) -> list[dict[str, list[Any]]]:
    """The data of every chart on the page."""
    found: list[dict[str, list[Any]]] = tab.evaluate(_SOURCES)
    return found


def shows(
    tab: Any, names: Sequence[str], rows: Sequence[Sequence[Any]], *, ordered: bool = True
) -> None:
    """Wait until some chart has just these rows in its columns of these names."""
    make: Callable[[Any], Any] = list if ordered else set
    expected = make(map(_rounded, rows))

    def found() -> bool:
        charts = [source for source in sources(tab) if all(name in source for name in names)]
        return expected in [
            make(map(_rounded, zip(*(chart[name] for name in names), strict=True)))
            for chart in charts
        ]

    eventually(
        found, lambda: f"no chart has {names} {str(expected)[:500]} …: {str(sources(tab))[:5000]}"
    )


def cells(tab: Any, rows: Sequence[Sequence[str]]) -> None:
    """Wait until some table has just these rows below its heads."""
    expected = [list(row) for row in rows]

    def found() -> bool:
        return expected in _tables(tab)

    eventually(found, lambda: f"no table has {expected[:3]} …: {str(_tables(tab))[:3000]}")


def eventually(found: Callable[[], bool], told: Callable[[], str]) -> None:
    until = time.monotonic() + _PATIENCE
    while not found():
        if time.monotonic() > until:
            raise AssertionError(told())
        time.sleep(0.1)


def _tables(tab: Any) -> list[list[list[str]]]:
    return [
        table.evaluate(
            "table => [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.textContent))"
        )
        for table in tab.locator("table").all()
    ]


def _rounded(row: Sequence[Any]) -> tuple[Any, ...]:
    """Numbers as the browser and the lake both have them, to four places."""
    return tuple(
        _number(value) if isinstance(value, int | float | Decimal) else value and str(value)
        for value in row
    )


def _number(value: Any) -> float | None:
    return None if value != value else round(float(value), 4)  # NaN stands for nothing
