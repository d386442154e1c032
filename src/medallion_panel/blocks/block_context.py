"""What every block reads and formats its data with: store, filters of the page, formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite, isnan
from typing import Any, Self

from medallion.contracts import Filter, Query
from medallion.errors import CallError
from medallion.query.column_types import Kind, kind_of
from medallion.query.metrics import metric_columns
from medallion.records import Release, Served
from medallion_panel.block_models import FormatName
from medallion_panel.blocks.comparison import Comparison
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.lake_events import LakeEvent
from medallion_panel.palette import Palette
from medallion_panel.ui.formats import Formats

COUNT = "count()"


def is_drawable(value: Any) -> bool:
    """Whether a value can be drawn: it is neither null nor NaN nor infinite."""
    return value is not None and not (isinstance(value, float) and not isfinite(value))


def is_missing(value: Any) -> bool:
    """Whether a value is null or NaN."""
    return value is None or (isinstance(value, float) and isnan(value))


class NoRowsError(Exception):
    """There is nothing to draw; the message, where there is one, says why in words for visitors."""


@dataclass(frozen=True)
class BlockContext:
    """The store as one page sees it.

    `page_filters` apply to every table that has their column. `page_totals` are, by table, the
    metrics over all its rows that the page shows: they are read in one query. `release` is the one
    whose tables a card shows, by default the last one that the store has seen. `comparison` is what
    figures are compared with. Charts have lines, annotations and `events` of the lake if the page
    is `annotated`.
    """

    store: CachedStore
    formats: Formats
    page_filters: Sequence[Filter] = field(default_factory=tuple)
    page_totals: Mapping[str, Sequence[str]] = field(default_factory=dict)
    release: Release | None = None
    comparison: Comparison | None = None
    annotated: bool = True
    events: Sequence[LakeEvent] = ()

    def served(self, table: str) -> Served:
        """A served table of the release. Raises CallError with the nearest name."""
        return self.store.served(table, self.release)

    def kinds(self, table: str) -> dict[str, Kind]:
        """The kind of every column of a table of the release."""
        return {column.name: kind_of(column.type) for column in self.served(table).columns}

    def filters(self, table: str) -> tuple[Filter, ...]:
        """The page's filters on columns that a table has."""
        columns = self.kinds(table)
        return tuple(condition for condition in self.page_filters if condition.field in columns)

    def compared(self, table: str) -> Self | None:
        """The context to read the figures with that those of a table are compared with.

        None where there is nothing to compare it with: it has no column of periods, or the other
        release no such table.
        """
        comparison = self.comparison
        if comparison is None:
            return None
        if comparison.open_store is not None:
            store = comparison.open_store()
            other = replace(self, store=store, release=store.last_release(), comparison=None)
            return other if table in store.tables() else None
        if comparison.periods is None or comparison.periods.column not in self.kinds(table):
            return None
        return replace(self, page_filters=comparison.compared_filters(), comparison=None)

    def total(self, table: str, metric: str) -> Any:
        """A metric over all rows of a table that match the page's filters."""
        metrics = self.page_totals.get(table, ())
        if metric in metrics:
            try:
                return self._totals(table, metrics)[metric]
            except CallError:  # another metric of the page may be at fault
                pass
        return self._totals(table, (metric,))[metric]

    def _totals(self, table: str, metrics: Sequence[str]) -> dict[str, Any]:
        named = {str(number): text for number, text in enumerate(metrics)}
        (row,) = self.store.group(table, (), named, Query(filters=self.filters(table)))
        return {text: row[name] for name, text in named.items()}

    def count(self, table: str, filters: Sequence[Filter]) -> int:
        """How many rows of a table match filters."""
        if table in self.page_totals and tuple(filters) == self.filters(table):
            return int(self.total(table, COUNT))
        return self.store.count(table, Query(filters=tuple(filters)))

    def ignored(self, table: str) -> list[str]:
        """The labels of the page's filters on columns that a table lacks."""
        columns = self.kinds(table)
        names = dict.fromkeys(
            condition.field for condition in self.page_filters if condition.field not in columns
        )
        return [self.formats.label(name) for name in names]

    def colors(self, table: str, column: str, names: Sequence[str]) -> dict[str, str]:
        """The colour of every series of a column, the same in all charts."""
        series = self.palette.series
        values = map(self.formats.period, self.store.values(table, column, len(series)))
        return self.store.colors.of(column, values, names, self.others, series)

    @property
    def palette(self) -> Palette:
        """The colours of the dashboard."""
        return self.formats.palette

    @property
    def others(self) -> str:
        """The name of the series of all that is not drawn by itself."""
        return self.formats.say("Others")

    @property
    def no_value(self) -> str:
        """The name of a missing value."""
        return self.formats.say("No value")

    def series(self, value: Any) -> str:
        """The name of a value as a series or on an axis of names."""
        return self.no_value if is_missing(value) else self.formats.period(value)

    def kind(self, table: str, text: str) -> Kind | None:
        """The kind of a column, or of the column of a metric."""
        kinds = self.kinds(table)
        if text in kinds:
            return kinds[text]
        return kinds.get(next(iter(metric_columns(text)), ""))

    def column(self, table: str, text: str) -> str:
        """The column of a term or metric such as `month(day)`; it may have parentheses itself."""
        if text in self.kinds(table):
            return text
        return text.partition("(")[2].rpartition(")")[0].partition(",")[0].strip() or text

    def format(self, table: str, text: str, override: FormatName | None = None) -> FormatName:
        """The format of a column or metric; the integers of a key are identifiers, and text."""
        kind = self.kind(table, text)
        form = self.formats.name_for(text, kind, override)
        if form == "integer" and text not in self.formats.by_column:
            is_key = text in self.served(table).key
            return "text" if is_key else form
        return form

    def writer(
        self, table: str, text: str, override: FormatName | None = None, *, short: bool = False
    ) -> Callable[[Any], str]:
        """A function that formats the values of a column or metric."""
        return self.formats.writer(self.format(table, text, override), short=short)
