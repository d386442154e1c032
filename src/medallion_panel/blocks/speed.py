"""How fast the store answers, measured at a press: through the API where it is read, else in the database itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from statistics import quantiles
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import panel as pn
import panel_material_ui as pmui
from markupsafe import Markup

from medallion.contracts import Query, Sort, Store
from medallion.errors import MedallionError, SinkError
from medallion.query.column_types import kind_of
from medallion.records import Served
from medallion_panel.block_settings import Speed
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.quality import STYLE
from medallion_panel.data.stores import API_KEY, API_URL
from medallion_panel.ui.markup import HtmlPane, Text, markup_table
from medallion_panel.ui.visitor_errors import visitor_text

_PATIENCE = 30


class SpeedView:
    """A button, its progress, and the table of what was measured."""

    def __init__(self, block: Speed) -> None:
        self._block = block
        self._reading: BlockContext | None = None
        self._button = pmui.Button(
            label="Measure now", icon="speed", color="primary", size="small", margin=(4, 0)
        )
        self._progress = pmui.LinearProgress(
            value=0, visible=False, sizing_mode="stretch_width", margin=(8, 0)
        )
        url = os.environ.get(API_URL)
        what = (
            f"requests to {url}" if url else f"questions to the store itself (no {API_URL} is set)"
        )
        explanation = Text(
            f"Measures {block.requests} {what} of each kind, one after the other.", margin=(4, 0)
        )
        self._table = HtmlPane()
        self._button.on_click(self._measure)
        self.view = pn.Column(explanation.view, self._button, self._progress, self._table.view, margin=0,
                              sizing_mode="stretch_width")  # fmt: skip

    def show(self, reading: BlockContext) -> None:
        self._reading = reading

    def _measure(self, _event: Any) -> None:
        """One question each time the server is free, so that other visitors are served meanwhile."""
        if self._reading is None:
            return
        try:
            questions = list(questions_of(self._reading.figures.store))
        except MedallionError as error:
            self._table.show(f"Nothing could be measured. {visitor_text(error)}")
            return
        self._button.disabled, self._progress.visible, self._progress.value = True, True, 0
        taken: dict[str, list[float]] = {name: [] for name, _ in questions}
        todo = iter([question for question in questions for _ in range(self._block.requests)])
        whole, done = len(questions) * self._block.requests, 0

        def some() -> None:
            nonlocal done
            until = perf_counter() + 0.05
            while perf_counter() < until:
                following = next(todo, None)
                if following is None:
                    self._done(callback, taken)
                    return
                name, ask = following
                started = perf_counter()
                try:
                    ask()
                except MedallionError as error:
                    self._done(callback, {}, f"Measuring ended. {visitor_text(error)}")
                    return
                taken[name].append(perf_counter() - started)
                done += 1
            self._progress.value = round(100 * done / whole)

        callback = pn.state.add_periodic_callback(some, 20)

    def _done(self, callback: Any, taken: dict[str, list[float]], problem: str = "") -> None:
        callback.stop()
        self._button.disabled, self._progress.visible = False, False
        self._table.show(problem or _table(taken, self._reading))


def questions_of(store: Store) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What is asked: of the API each of its endpoints, of a store each served table. (name, question) each."""
    url = os.environ.get(API_URL)
    if url:
        yield from _endpoints(url.rstrip("/"))
        return
    for table, served in store.tables().items():
        yield f"{table}: first page", partial(store.find, table, Query(limit=50))
        column = _sortable(served)
        if column:
            sort = (Sort(column, descending=True),)
            yield (
                f"{table}: sorted by {column}",
                partial(store.find, table, Query(sort=sort, limit=50)),
            )
        yield f"{table}: count", partial(store.count, table, Query())
        if served.key:
            (row,) = store.find(table, Query(fields=served.key, limit=1)).rows or (None,)
            if row:
                key = tuple(row.values())
                yield f"{table}: one row", partial(store.get, table, key)


def _endpoints(url: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    for path in json.loads(_got(url, "/"))["links"].values():
        place = urlsplit(path).path
        if not place.endswith("/docs"):
            yield (
                f"GET {place}",
                partial(_got, f"{urlsplit(url).scheme}://{urlsplit(url).netloc}", place),
            )


def _got(url: str, path: str) -> bytes:
    """The whole answer to a request. Raises SinkError."""
    key = os.environ.get(API_KEY)
    asked = Request(f"{url}{path}", headers={"X-API-Key": key} if key else {})  # noqa: S310 (the operator's own URL)
    try:
        with urlopen(asked, timeout=_PATIENCE) as answer:  # noqa: S310
            body: bytes = answer.read()
            return body
    except OSError as error:
        raise SinkError(f"GET {path}: {error}") from error


def _sortable(served: Served) -> str | None:
    indexed = [index[0].removeprefix("-") for index in served.indexes if index]
    return next((name for name in indexed if kind_of(_type(served, name)).ordered), None)


def _type(served: Served, name: str) -> str:
    return next(column.type for column in served.columns if column.name == name)


def _table(taken: dict[str, list[float]], reading: BlockContext | None) -> Markup:
    assert reading is not None  # noqa: S101
    write = reading.formats.writer("decimal")
    longest = max(max(times) for times in taken.values() if times) * 1000
    lines = []
    for name, times in taken.items():
        cuts = quantiles(times, n=100, method="inclusive")
        figures = [1000 * cuts[49], 1000 * cuts[94], 1000 * cuts[98], 1000 * max(times)]
        bar = Markup("<div class='bar'><div style='background:#3b76d6;width:{:.1f}%'></div></div>")
        lines.append((name, *map(write, figures), bar.format(100 * figures[1] / longest)))
    return STYLE + markup_table(("Milliseconds", "p50", "p95", "p99", "max", ""), lines)
