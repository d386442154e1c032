"""What every block reads with: the figures, the page's filters, and how values are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, isnan
from typing import Any

from medallion.contracts import Filter, Query
from medallion.errors import CallError
from medallion.query.column_types import Kind
from medallion.query.metrics import metric_columns
from medallion_panel.block_settings import FormatName
from medallion_panel.data.queries import Figures
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.theme import SERIES

COUNT = "count()"
NO_VALUE = "No value"


def drawable(value: Any) -> bool:
    """Whether a value has a place in a chart: it is neither null nor infinite."""
    return value is not None and not (isinstance(value, float) and not isfinite(value))


def missing(value: Any) -> bool:
    """Whether there is no value: null, or what is not a number."""
    return value is None or (isinstance(value, float) and isnan(value))


class NoRowsError(Exception):
    """No row meets the filters."""


@dataclass(frozen=True)
class BlockContext:
    """One look at the store: `chosen` are the filters of the page, each holding for every table with its column;
    `wanted` are the figures over a whole table that the page shows, which are asked in one question."""

    figures: Figures
    formats: Formats
    chosen: Sequence[Filter] = field(default_factory=tuple)
    wanted: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def filters(self, table: str) -> tuple[Filter, ...]:
        """The page's filters that a table can be asked."""
        columns = self.figures.kinds(table)
        return tuple(condition for condition in self.chosen if condition.field in columns)

    def total(self, table: str, metric: str) -> Any:
        """A figure over all rows that the page's filters leave of a table."""
        wanted = self.wanted.get(table, ())
        if metric in wanted:
            try:
                return self._totals(table, wanted)[metric]
            except CallError:  # one of the others may be at fault
                pass
        return self._totals(table, (metric,))[metric]

    def _totals(self, table: str, metrics: Sequence[str]) -> dict[str, Any]:
        named = {str(place): text for place, text in enumerate(metrics)}
        (row,) = self.figures.group(table, (), named, Query(filters=self.filters(table)))
        return {text: row[place] for place, text in named.items()}

    def count(self, table: str, filters: Sequence[Filter]) -> int:
        """How many rows meet filters of a table."""
        if table in self.wanted and tuple(filters) == self.filters(table):
            return int(self.total(table, COUNT))
        return self.figures.count(table, Query(filters=tuple(filters)))

    def ignored(self, table: str) -> list[str]:
        """The columns of the page's filters that a table does not have, in words."""
        columns = self.figures.kinds(table)
        names = dict.fromkeys(
            condition.field for condition in self.chosen if condition.field not in columns
        )
        return [self.formats.label(name) for name in names]

    def colors(self, table: str, column: str, names: Sequence[str]) -> dict[str, str]:
        """The colour of every series of a column, the same in all charts."""
        values = self.figures.values(table, column, len(SERIES))
        return self.figures.colors.of(column, map(self.formats.period, values), names)

    def series(self, value: Any) -> str:
        """The name of the series of a value, or of its place on an axis of names."""
        return NO_VALUE if missing(value) else self.formats.period(value)

    def kind(self, table: str, text: str) -> Kind | None:
        """What a column, or the column of a metric, holds."""
        kinds = self.figures.kinds(table)
        if text in kinds:
            return kinds[text]
        return kinds.get(next(iter(metric_columns(text)), ""))

    def column(self, table: str, text: str) -> str:
        """The column that a term or metric such as `month(day)` is of; parentheses may be part of its name."""
        if text in self.figures.kinds(table):
            return text
        return text.partition("(")[2].rpartition(")")[0].partition(",")[0].strip() or text

    def format(self, table: str, text: str, given: FormatName | None = None) -> FormatName:
        kind = self.kind(table, text)
        form = self.formats.name_for(text, kind, given)
        names_rows = text in self.figures.served(table).key
        return (
            "text"
            if form == "integer" and names_rows and text not in self.formats.by_column
            else form
        )

    def writer(
        self, table: str, text: str, given: FormatName | None = None, *, short: bool = False
    ) -> Callable[[Any], str]:
        """What writes the values of a column or metric."""
        return self.formats.writer(self.format(table, text, given), short=short)
