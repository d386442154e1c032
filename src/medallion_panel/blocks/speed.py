"""The speed block: what visitors waited for, and response times of the API, or else of the store.

The latter are measured on demand.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import quantiles
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import panel as pn
import panel_material_ui as pmui

from medallion.contracts import Query, Sort, Store
from medallion.errors import MedallionError, SinkError
from medallion.query.column_types import kind_of
from medallion.records import Served
from medallion_panel.block_settings import Speed
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.quality import STYLE
from medallion_panel.blocks.runs import BAR
from medallion_panel.data.stores import API_KEY, API_URL
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.markup import HtmlPane, Text, markup_table
from medallion_panel.ui.print_layout import NOT_PRINTED
from medallion_panel.ui.visitor_errors import visitor_text

if TYPE_CHECKING:
    from markupsafe import Markup

Measured = tuple[str, Callable[[], Any]]
"""A kind of request: its name, and the function that sends one."""

Measurements = dict[str, list[float]]
"""By the name of a request, its response times in seconds."""

_TIMEOUT = 30  # seconds
_SLICE = 0.25  # seconds of measuring between two updates of the progress bar


class SpeedView:
    """A button, a progress bar, and the table of results; `view` is its widget."""

    def __init__(self, block: Speed, say: Messages) -> None:
        self._block, self._say = block, say
        self._context: BlockContext | None = None
        self._button = pmui.Button(
            label=say("Measure now"),
            icon="speed",
            color="primary",
            size="small",
            margin=(4, 0),
            stylesheets=[NOT_PRINTED],
        )
        self._progress = pmui.LinearProgress(
            value=0, visible=False, sizing_mode="stretch_width", margin=(8, 0)
        )
        url = os.environ.get(API_URL)
        message = (
            "Sends {count} requests of each kind to the store itself ({variable} is not set), "
            "one after the other."
        )
        if url:
            message = "Sends {count} requests of each kind to {target}, one after the other."
        words = {"count": block.requests, "variable": API_URL, "target": url}
        explanation = Text(say(message, **words), margin=(4, 0), stylesheets=[NOT_PRINTED])
        self._table, self._waits = HtmlPane(), HtmlPane()
        self._button.on_click(self._measure)
        message = (
            "What visitors have waited for since this server started: from their request until the "
            "figures of all blocks are sent, without the network and the drawing in their browser."
        )
        waited = Text(say(message), margin=(4, 0))
        parts = (
            waited.view,
            self._waits.view,
            explanation.view,
            self._button,
            self._progress,
            self._table.view,
        )
        self.view = pn.Column(*parts, margin=0, sizing_mode="stretch_width")

    def show(self, context: BlockContext) -> None:
        """Measure the store of this context from now on."""
        self._context = context
        say, waits = self._say, context.store.waits
        names = {
            "page": say("A page, opened first"),
            "change": say("Other figures of a page, by a filter, a period or a new release"),
        }
        series = {name: list(waits.seconds(wait)) for wait, name in names.items()}  # type: ignore[arg-type]
        series = {f"{name} ({len(each)})": each for name, each in series.items() if each}
        self._waits.show(_table(series, context) if series else say("Nobody has waited yet."))

    async def _measure(self, _event: Any = None) -> None:
        """Measure in another thread, so that other visitors are served meanwhile."""
        context = self._context
        if context is None:
            return
        self._button.disabled, self._progress.visible, self._progress.value = True, True, 0
        loop = asyncio.get_running_loop()
        try:
            read = partial(_requests, context, self._say)
            requests = await loop.run_in_executor(context.store.pool, read)
            series = _Series(requests, self._block.requests)
            while await loop.run_in_executor(context.store.pool, series.measure_some):
                self._progress.value = series.percent
            self._table.show(_table(series.measurements, context))
        except MedallionError as error:
            reason = visitor_text(error, self._say)
            self._table.show(self._say("The measurement failed. {reason}", reason=reason))
        finally:
            self._button.disabled, self._progress.visible = False, False


class _Series:
    """A number of requests of each kind, sent one after the other."""

    def __init__(self, requests: Sequence[Measured], times: int) -> None:
        self.measurements: Measurements = {name: [] for name, _ in requests}
        self._total = len(requests) * times
        self._pending = iter([request for request in requests for _ in range(times)])

    def measure_some(self) -> bool:
        """Measure for a moment; whether there is more to measure. Raises MedallionError."""
        until = perf_counter() + _SLICE
        while perf_counter() < until:
            name, send = next(self._pending, ("", None))
            if send is None:
                return False
            started = perf_counter()
            send()
            self.measurements[name].append(perf_counter() - started)
        return True

    @property
    def percent(self) -> int:
        """How much has been measured."""
        return round(100 * sum(map(len, self.measurements.values())) / self._total)


def _requests(context: BlockContext, say: Messages) -> list[Measured]:
    return list(requests_of(context.store.uncached, say))


def requests_of(store: Store, say: Messages) -> Iterator[Measured]:
    """What to measure, as (name, function) pairs: endpoints of the API, or queries of tables."""
    url = os.environ.get(API_URL)
    if url:
        yield from _endpoints(url.rstrip("/"))
        return
    for table, served in store.tables().items():
        first = partial(store.find, table, Query(limit=50))
        yield say("{table}: first page", table=table), first
        column = _sort_column(served)
        if column:
            sort = (Sort(column, descending=True),)
            query = Query(sort=sort, limit=50)
            name = say("{table}: sorted by {column}", table=table, column=column)
            yield name, partial(store.find, table, query)
        yield say("{table}: count", table=table), partial(store.count, table, Query())
        if served.key:
            (row,) = store.find(table, Query(fields=served.key, limit=1)).rows or (None,)
            if row:
                key = tuple(row.values())
                yield say("{table}: one row", table=table), partial(store.get, table, key)


def _endpoints(url: str) -> Iterator[Measured]:
    """The endpoints that the root of the API links to, without its documentation."""
    origin = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
    for link in json.loads(_get(url, "/"))["links"].values():
        path = urlsplit(link).path
        if not path.endswith("/docs"):
            yield f"GET {path}", partial(_get, origin, path)


def _get(url: str, path: str) -> bytes:
    """The body of a response. Raises SinkError."""
    key = os.environ.get(API_KEY)
    headers = {"X-API-Key": key} if key else {}
    request = Request(f"{url}{path}", headers=headers)  # noqa: S310 (the operator's own URL)
    try:
        with urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310
            body: bytes = response.read()
            return body
    except OSError as error:
        raise SinkError(f"GET {path}: {error}") from error


def _sort_column(served: Served) -> str | None:
    """The first indexed column that has an order."""
    kinds = {column.name: kind_of(column.type) for column in served.columns}
    indexed = [index[0].removeprefix("-") for index in served.indexes if index]
    return next((name for name in indexed if kinds[name].ordered), None)


def _table(measurements: Measurements, context: BlockContext) -> Markup:
    write = context.formats.writer("decimal")
    longest = max(max(times) for times in measurements.values() if times) * 1000
    lines = []
    for name, times in measurements.items():
        cuts = quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
        milliseconds = [1000 * cuts[49], 1000 * cuts[94], 1000 * cuts[98], 1000 * max(times)]
        lines.append((name, *map(write, milliseconds), BAR.format(100 * milliseconds[1] / longest)))
    unit = context.formats.say("Milliseconds")
    return STYLE + markup_table((unit, "p50", "p95", "p99", "max", ""), lines)
