"""The query side of `folder`: reads a table once per snapshot, and queries it in plain Python."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from pathlib import Path
from typing import Any

from medallion.contracts import (
    LENGTHS,
    ROW,
    Filter,
    Kind,
    Metric,
    Page,
    Query,
    Release,
    Served,
    SinkError,
    Sort,
    Store,
    Term,
    ValidatedQuery,
    fold,
    gone_error,
    grouping,
    key_values,
    kind_of,
    quantile_of,
    read_cursor,
    served_table,
    validate_query,
)

Row = dict[str, Any]

TABLES = 16  # snapshots that a store holds in memory
BATCH = 1000

TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": eq,
    "ne": ne,
    "lt": lt,
    "lte": le,
    "gt": gt,
    "gte": ge,
    "in": lambda value, wanted: value in wanted,
    "contains": lambda value, wanted: wanted in value,
    "startswith": lambda value, wanted: value.startswith(wanted),
    "search": lambda value, wanted: fold(wanted) in fold(value),
}


class FolderStore(Store):
    """Reads the active release of a folder: `path`, and the `label` of its sink in the pipeline."""

    def __init__(self, path: Path, label: str) -> None:
        self._path = path
        self._label = label
        self._rows = lru_cache(TABLES)(_read)

    def release(self) -> Release:
        found = read_active(self._path)
        if found is None:
            raise SinkError(f"folder:{self._path}: nothing was published yet", hint="medallion run")
        return found

    def tables(self) -> Mapping[str, Served]:
        return self.release().served.get(self._label, {})

    def find(self, table: str, query: Query) -> Page:
        if query.cursor is None:
            release, served, rows = self._active(table)
            checked = validate_query(served, query)
        else:
            place = read_cursor(query.cursor)
            release, served, rows = self._former(place.release, table)
            checked = validate_query(served, query, place)
        found = _matching(rows, checked)
        if checked.after is not None:
            values = [_values(row, checked.order) for row in found]
            found = found[values.index(checked.after) + 1 :]
        page = found[: checked.limit]
        more = len(found) > len(page)
        cursor = checked.cursor(release.id, _values(page[-1], checked.order)) if more else None
        return Page([_shown(row, checked) for row in page], release.id, cursor)

    def get(self, table: str, key: object) -> Row | None:
        _, served, rows = self._active(table)
        wanted = key_values(served, key)
        checked = validate_query(served, Query())
        return next(
            (
                _shown(row, checked)
                for row in rows
                if tuple(row[name] for name in served.key) == wanted
            ),
            None,
        )

    def count(self, table: str, query: Query) -> int:
        _, served, rows = self._active(table)
        return len(_matching(rows, validate_query(served, query)))

    def group(
        self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query
    ) -> list[Row]:
        _, served, rows = self._active(table)
        asked = grouping(served, by, metrics, query)
        groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        if not asked.terms:
            groups[()] = []  # all rows are one group, also when there are none
        for row in rows:
            if _meets(row, asked.filters):
                groups[tuple(_term(term, row[term.column]) for term in asked.terms)].append(row)
        made = [
            dict(zip((term.column for term in asked.terms), key, strict=True))
            | {metric.name: _figure(metric, members) for metric in asked.metrics}
            for key, members in groups.items()
        ]
        return _sorted(made, asked.order)[: asked.limit]

    def scan(self, table: str, query: Query) -> Iterator[list[Row]]:
        _, served, rows = self._active(table)
        checked = validate_query(served, query)
        found = _matching(rows, checked)
        for start in range(0, len(found), BATCH):
            yield [_shown(row, checked) for row in found[start : start + BATCH]]

    def close(self) -> None:
        self._rows.cache_clear()

    def _active(self, table: str) -> tuple[Release, Served, list[Row]]:
        """The active release, and a table's rows in it."""
        while True:
            release = self.release()
            served = served_table(release.served.get(self._label, {}), table)
            try:
                return release, served, self._rows(self._path, served)
            except FileNotFoundError:
                if self.release().id == release.id:
                    raise SinkError(
                        f"folder:{self._path}: {served.name} is lost", hint="medallion run --full"
                    ) from None
                # released and pruned since the pointer was read: look again

    def _former(self, ident: str, table: str) -> tuple[Release, Served, list[Row]]:
        """The release that a cursor began with. Raises CallError when it is gone."""
        try:
            text = (self._path / "releases" / f"{ident}.json").read_text(encoding="utf-8")
            release = Release.model_validate_json(text)
            served = served_table(release.served.get(self._label, {}), table)
            return release, served, self._rows(self._path, served)
        except FileNotFoundError:
            raise gone_error(ident) from None


def read_active(path: Path) -> Release | None:
    """What the pointer in this folder points at."""
    try:
        return Release.model_validate_json((path / "active.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def _read(path: Path, served: Served) -> list[Row]:
    """All rows of a table, with values as stores return them, and each row's position."""
    import pyarrow.parquet as pq

    kinds = {column.name: kind_of(column.type) for column in served.columns}
    rows = pq.read_table(path / "tables" / f"{served.name}.parquet").to_pylist()
    return [
        {**{name: kind.walk(row[name], _own) for name, kind in kinds.items()}, ROW: number}
        for number, row in enumerate(rows)
    ]


def _own(kind: Kind, value: Any) -> Any:
    """Arrow's value as Python's own."""
    if kind.name == "float":
        return None if math.isnan(value) else value
    if kind.name == "integer":
        return int(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value
    return value.isoformat("microseconds") if isinstance(value, time) else value


def _matching(rows: Iterable[Row], checked: ValidatedQuery) -> list[Row]:
    return _sorted([row for row in rows if _meets(row, checked.filters)], checked.order)


def _meets(row: Row, filters: Iterable[Filter]) -> bool:
    return all(_holds(row[condition.field], condition) for condition in filters)


def _holds(value: Any, condition: Filter) -> bool:
    if condition.operator == "isnull":
        return (value is None) is condition.value
    return value is not None and TESTS[condition.operator](value, condition.value)


def _sorted(rows: list[Row], order: Iterable[Sort]) -> list[Row]:
    """The rows in this order; null sorts below every value."""
    for sort in reversed(list(order)):
        rows.sort(key=lambda row: _rank(row[sort.field]), reverse=sort.descending)
    return rows


def _rank(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)


def _values(row: Row, order: Iterable[Sort]) -> tuple[Any, ...]:
    return tuple(row[sort.field] for sort in order)


def _shown(row: Row, checked: ValidatedQuery) -> Row:
    return {name: row[name] for name in checked.fields if name != ROW}


def _term(term: Term, value: Any) -> Any:
    """The value in the form rows are grouped by."""
    if value is None or term.form == "plain":
        return value
    if term.form == "bin":
        width = type(value)(term.width)
        return math.floor(value / width) * width
    return value.isoformat()[: LENGTHS[term.form]]


def _figure(metric: Metric, rows: Sequence[Row]) -> Any:
    if metric.parts:
        above, below = (_figure(part, rows) for part in metric.parts)
        return float(above) / float(below) if above is not None and below else None
    if metric.column is None:
        return len(rows)
    values = [row[metric.column] for row in rows if row[metric.column] is not None]
    if metric.fraction is not None:
        return quantile_of([float(value) for value in values], metric.fraction)
    if metric.weight is not None:
        return _weighted_mean([(row[metric.column], row[metric.weight]) for row in rows])
    if not values:
        return None
    figures: Mapping[str, Callable[[list[Any]], Any]] = {
        "sum": sum,
        "min": min,
        "max": max,
        "mean": _mean,
    }
    figure = figures[metric.function](values)
    return None if figure != figure else figure  # infinite values of both signs have no sum


def _mean(values: list[Any]) -> float:
    return float(sum(values) / len(values))


def _weighted_mean(pairs: Iterable[tuple[Any, Any]]) -> float | None:
    weighed = [
        (float(value), float(weight)) for value, weight in pairs if None not in (value, weight)
    ]
    total = sum(weight for _, weight in weighed)
    return sum(value * weight for value, weight in weighed) / total if total else None
