"""What the columns of a table are good for: times, categories, sums, averages, identifiers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any

from medallion.query.column_types import Kind
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.ui.formats import identifying, period_start

MAX_CATEGORIES = 40  # distinct values of a column that suits a filter or an axis

_NUMBERS = ("integer", "decimal", "float")
_TIMES = ("date", "timestamp")
_PERIOD = re.compile(r"(^|_)(month|year|quarter|week|day|date|period)$", re.IGNORECASE)
_CALENDAR = re.compile(r"(^|_)(month|quarter|week|weekday|day|hour|minute)$", re.IGNORECASE)
# Of these, an average says something, and a sum does not.
_RATE = re.compile(
    r"(^|_)(rate|ratio|share|fraction|percent|percentage|pct|rating|score|rank|grade|level|index|"
    r"age|average|avg|mean|median|min|max|p\d\d|price|temperature|humidity|pressure|speed|"
    r"lat|latitude|lon|lng|longitude)$|(^|_)(average|avg|mean|median|per)_|_per_",
    re.IGNORECASE,
)
_LATITUDE = re.compile(r"(^|_)(lat|latitude)$", re.IGNORECASE)
_LONGITUDE = re.compile(r"(^|_)(lon|lng|long|longitude)$", re.IGNORECASE)
_SPANS = ((62, "day"), (400, "week"), (366 * 6, "month"), (366 * 20, "quarter"))


@dataclass(frozen=True)
class ColumnRoles:
    """The columns of a table by use.

    `sums` and `averages` are numbers whose sum, or whose average, says something; `ids` identify
    rows of other tables. `times` are dates, timestamps and texts that are periods; `categories`
    are texts and booleans with few values, and `calendar` integers such as a month of the year;
    `search` is a text with more values, or None. `place` has the first pair of
    columns of latitude and longitude.
    """

    table: str
    key: tuple[str, ...]
    sums: tuple[str, ...]
    averages: tuple[str, ...]
    ids: tuple[str, ...]
    times: tuple[str, ...]
    categories: tuple[str, ...]
    calendar: tuple[str, ...]
    search: str | None
    place: tuple[str, str] | None = None

    @property
    def main(self) -> str | None:
        """The number that the table is most likely about: the last sum that has decimals."""
        return self.sums[-1] if self.sums else next(iter(self.averages), None)

    @property
    def metric(self) -> str:
        """The metric of `main`, or the number of rows."""
        if self.main is None:
            return "count()"
        return f"{'sum' if self.sums else 'mean'}({self.main})"


def column_roles(store: CachedStore, table: str) -> ColumnRoles:
    """The columns of a served table by kind, name and number of values."""
    kinds = {name: kind for name, kind in store.kinds(table).items() if kind.ordered}
    key = tuple(store.served(table).key)
    numbers = [name for name, kind in kinds.items() if kind.name in _NUMBERS]
    ids = [name for name in numbers if name in key or _identifies(name, kinds[name])]
    calendar = [name for name in numbers if name not in ids and _is_calendar(name, kinds[name])]
    places = _places(numbers)
    others = {*ids, *calendar, *chain(*places)}
    measures = [name for name in numbers if name not in others]
    averages = [name for name in measures if _RATE.search(name)]
    sums = [name for name in measures if name not in averages]
    sums.sort(key=lambda name: kinds[name].name == "decimal")  # decimals are money, and last
    texts = [name for name, kind in kinds.items() if kind.name == "text"]
    values = {name: store.values(table, name, MAX_CATEGORIES + 1) for name in texts}
    periods = [name for name in texts if _is_period(name, values[name])]
    times = [name for name, kind in kinds.items() if kind.name in _TIMES or name in periods]
    names = [name for name in texts if name not in periods]
    flags = [name for name, kind in kinds.items() if kind.name == "boolean"]
    categories = [name for name in names if 1 < len(values[name]) <= MAX_CATEGORIES]
    return ColumnRoles(
        table,
        key,
        sums=tuple(sums),
        averages=tuple(averages),
        ids=tuple(name for name in ids if (name,) != key),
        times=tuple(name for name in times if _has_values(store, table, name)),
        categories=(*categories, *(name for name in flags if store.values(table, name, 2))),
        calendar=tuple(calendar),
        search=next((name for name in names if len(values[name]) > MAX_CATEGORIES), None),
        place=next(iter(places), None),
    )


def time_term(store: CachedStore, table: str, column: str) -> str:
    """A column of times in the periods that suit its span: days of a month, months of a year."""
    if store.kinds(table)[column].name not in _TIMES:
        return column
    days = days_between(*store.bounds(table, column))
    form = next((form for most, form in _SPANS if days <= most), "year")
    return f"{form}({column})"


def days_between(first: Any, last: Any) -> int:
    """The days from one date or timestamp to another; 0 without them."""
    if not isinstance(first, date) or not isinstance(last, date):
        return 0
    one, other = (value.date() if isinstance(value, datetime) else value for value in (first, last))
    return (other - one).days


def _places(numbers: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs of columns of latitude and longitude whose names are otherwise equal."""
    longitudes = {
        _LONGITUDE.sub("", name).casefold(): name for name in numbers if _LONGITUDE.search(name)
    }
    latitudes = {name: _LATITUDE.sub("", name).casefold() for name in numbers}
    return [
        (name, longitudes[rest])
        for name, rest in latitudes.items()
        if _LATITUDE.search(name) and rest in longitudes
    ]


def _identifies(name: str, kind: Kind) -> bool:
    return kind.name == "integer" and identifying(name)


def _is_calendar(name: str, kind: Kind) -> bool:
    return kind.name == "integer" and _CALENDAR.search(name) is not None


def _is_period(name: str, values: Sequence[Any]) -> bool:
    """Whether texts are periods such as `2024-05`, or years in a column of such a name."""
    if not values or _PERIOD.search(name) is None:
        return False
    return all(period_start(value) is not None or _is_year(value) for value in values)


def _is_year(value: Any) -> bool:
    return re.fullmatch(r"(1|2)\d{3}", str(value)) is not None


def _has_values(store: CachedStore, table: str, column: str) -> bool:
    return bool(store.values(table, column, 1))
