"""The content of a page, read from the browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from playwright.sync_api import expect

_SOURCES = """() => Bokeh.documents.flatMap((each) => [...each._all_models.values()])
  .filter((model) => model.type === "ColumnDataSource")
  .map(({ data }) => Object.entries(data).map(([name, values]) => [name, Array.from(values)]))
  .map(Object.fromEntries)"""
_FOLLOW = """search => {
  history.pushState(null, "", search)
  dispatchEvent(new PopStateEvent("popstate"))
}"""
_TIMEOUT = 90


def sources(tab: Any) -> list[dict[str, list[Any]]]:
    """The data of every chart on the page."""
    data: list[dict[str, list[Any]]] = tab.evaluate(_SOURCES)
    return data


def shows(
    tab: Any, names: Sequence[str], rows: Sequence[Sequence[Any]], *, ordered: bool = True
) -> None:
    """Wait until a chart has exactly these rows in the columns of these names."""
    make: Callable[[Any], Any] = list if ordered else set
    expected = make(map(_rounded, rows))

    def is_shown() -> bool:
        charts = [source for source in sources(tab) if all(name in source for name in names)]
        return expected in [
            make(map(_rounded, zip(*(chart[name] for name in names), strict=True)))
            for chart in charts
        ]

    eventually(
        is_shown,
        lambda: f"no chart has {names} {str(expected)[:500]} …: {str(sources(tab))[:5000]}",
    )


def cells(tab: Any, rows: Sequence[Sequence[str]]) -> None:
    """Wait until a table has exactly these rows."""
    expected = [list(row) for row in rows]

    def is_shown() -> bool:
        return expected in _tables(tab)

    eventually(is_shown, lambda: f"no table has {expected[:3]} …: {str(_tables(tab))[:3000]}")


def eventually(condition: Callable[[], bool], message: Callable[[], str]) -> None:
    """Wait until a condition is true; fail with a message after 90 seconds."""
    until = time.monotonic() + _TIMEOUT
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(message())
        time.sleep(0.1)


def is_read(tab: Any) -> None:
    """Wait until all cards are: a click on what is drawn again meanwhile is lost."""
    expect(tab.locator("section[aria-busy=true]")).to_have_count(0)


def place(tab: Any, script: str, argument: Any = None) -> Any:
    """What a script says of a place on the page, once that is drawn and nothing moves it."""
    is_read(tab)
    places: list[Any] = [None]

    def is_at_rest() -> bool:
        tab.wait_for_timeout(100)
        places.append(tab.evaluate(script, argument))
        return places[-1] is not None and places[-1] == places[-2]

    eventually(is_at_rest, lambda: f"it is not drawn, or moves: {places[-2:]}")
    return places[-1]


def follow(tab: Any, search: str) -> None:
    """Go to the page and filters of a URL within the session of a tab, as the menu does."""
    tab.evaluate(_FOLLOW, search)


def open_choice(tab: Any, label: str) -> Any:
    """Open the list of a choice filter; returns its options."""
    tab.get_by_role("button", name=re.compile(f"^{label}: ")).click()
    return tab.get_by_role("listbox").get_by_role("option")


def choose(tab: Any, label: str, option: str) -> None:
    """Choose an option of a filter and close its list."""
    open_choice(tab, label).get_by_text(option, exact=True).click()
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("listbox")).to_have_count(0)


def _tables(tab: Any) -> list[list[list[str]]]:
    return [
        table.evaluate(
            "table => [...table.tBodies[0].rows]"
            ".map(row => [...row.cells].map(cell => cell.textContent))"
        )
        for table in tab.locator("table").all()
    ]


def _rounded(row: Sequence[Any]) -> tuple[Any, ...]:
    """A row with numbers rounded to four decimal places, so that browser and lake agree."""
    return tuple(
        _number(value) if isinstance(value, int | float | Decimal) else value and str(value)
        for value in row
    )


def _number(value: Any) -> float | None:
    return None if value != value else round(float(value), 4)  # NaN is null in JavaScript
