"""The periods that a page can show, by the data of its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from medallion.contracts import Filter
from medallion.errors import CallError
from medallion.query.column_types import Kind
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.named_stores import NamedStores
from medallion_panel.date_spans import (
    DateSpan,
    Length,
    Preset,
    parse_period,
    period_end,
    presets_for,
)
from medallion_panel.messages.messages import Messages
from medallion_panel.pages.filter_options import FilterOptions, filter_options
from medallion_panel.section import PageSettings

_MOST_PERIODS = 2000  # of a column of text
_TIMES = ("date", "timestamp")


@dataclass(frozen=True)
class PeriodOptions:
    """The column of a page's period, and `today`, the day that presets such as `last-30-days` count
    from: the latest date in the data, or the day of the release if that is earlier.

    A release has the same figures on every day that it is looked at. Text has periods of a
    `length`, and `periods` are their first days. A page without such a column has no `column`.
    `releases` are those that the page can be compared with.
    """

    column: str = ""
    today: date = date.min
    length: Length = "day"
    periods: Mapping[str, date] = field(default_factory=dict)
    releases: tuple[str, ...] = ()

    @property
    def presets(self) -> tuple[Preset, ...]:
        """The presets that consist of whole periods."""
        return presets_for(self.length) if self.column else ()

    def conditions(self, span: DateSpan) -> tuple[Filter, ...]:
        """The conditions on the column that select a span."""
        if not self.periods:
            return (Filter(self.column, "gte", span.first), Filter(self.column, "lte", span.last))
        names = (name for name, day in self.periods.items() if span.first <= day <= span.last)
        return (Filter(self.column, "in", tuple(names)),)


NO_PERIOD = PeriodOptions()


def page_options(
    page: PageSettings, store: CachedStore, say: Messages, stores: NamedStores
) -> tuple[list[FilterOptions], PeriodOptions, list[str]]:
    """The options of a page's filters and period, and notices on what is not possible."""
    filters, notices = filter_options(page, store, say)
    period, problems = period_options(page, store, say, stores)
    return filters, period, notices + problems


def period_options(
    page: PageSettings, store: CachedStore, say: Messages, stores: NamedStores
) -> tuple[PeriodOptions, list[str]]:
    """The options of a page's period, and notices on what is not possible.

    A page without a declared column has that of its first filter on dates.
    """
    options, notices = _period(page, store, say)
    return replace(options, releases=stores.references(store.last_release())), notices


def _period(
    page: PageSettings, store: CachedStore, say: Messages
) -> tuple[PeriodOptions, list[str]]:
    contents = [block.content for block in page.all_blocks]
    tables = list(dict.fromkeys(each.table for each in contents if hasattr(each, "table")))
    kinds = {name: store.kinds(name) for name in tables if name in store.tables()}
    declared = page.period.column if page.period else ""
    column = declared or next(
        (
            each.column
            for each in page.filters
            if any(each.column in of and of[each.column].name in _TIMES for of in kinds.values())
        ),
        "",
    )
    having = [name for name, of in kinds.items() if column in of]
    try:
        if not having:
            if not declared:
                return NO_PERIOD, []
            raise CallError(say("none of its tables has this column"))
        return _options(column, having, kinds, store, say), []
    except CallError as error:
        message = "This page has no period of {column}: {reason}."
        return NO_PERIOD, [say(message, column=repr(column), reason=error.message)]


def _options(
    column: str,
    tables: Sequence[str],
    kinds: Mapping[str, Mapping[str, Kind]],
    store: CachedStore,
    say: Messages,
) -> PeriodOptions:
    """The options of a column. Raises CallError when its values are no periods."""
    published = store.last_release().created.astimezone(UTC).date()
    kind = kinds[tables[0]][column]
    same_kind = [name for name in tables if kinds[name][column] == kind]
    if kind.name in _TIMES:
        ends = [store.bounds(name, column)[1] for name in same_kind]
        latest = [_date(end) for end in ends if end is not None]
        return PeriodOptions(column, min(*latest, published)) if latest else NO_PERIOD
    if kind.name != "text":
        raise CallError(say("a column of kind {kind} has no dates", kind=kind.name))
    texts = [text for name in same_kind for text in store.values(name, column, _MOST_PERIODS)]
    if not texts:
        return NO_PERIOD
    parsed = {text: parse_period(text) for text in texts}
    lengths = {period[1] for period in parsed.values() if period is not None}
    if len(lengths) != 1 or None in parsed.values():
        raise CallError(say("its values are not all days, weeks, months, quarters or years"))
    (length,) = lengths
    days = {text: period[0] for text, period in parsed.items() if period is not None}
    today = min(period_end(max(days.values()), length), published)
    return PeriodOptions(column, today, length, days)


def _date(value: Any) -> date:
    day: date = value.date() if isinstance(value, datetime) else value
    return day
