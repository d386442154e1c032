"""The query side of `folder`: each snapshot is read once, and queries run in plain Python."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

from medallion.contracts import (
    LENGTHS,
    ROW,
    Grouping,
    Kind,
    Metric,
    Page,
    Release,
    Served,
    SinkError,
    Sort,
    Store,
    Term,
    ValidatedQuery,
    gone_error,
    kind_of,
    matching_rows,
    quantile_of,
)

Row = dict[str, Any]

CACHED_TABLES = 16  # snapshots
BATCH = 1000


class FolderStore(Store):
    """Reads the active release of the folder `path`; `label` is the sink's in the declaration."""

    def __init__(self, path: Path, label: str) -> None:
        self._path = path
        self.label = label
        self._rows = lru_cache(CACHED_TABLES)(_read)

    def active(self) -> Release:
        release = read_active(self._path)
        if release is None:
            raise SinkError(f"folder:{self._path}: nothing was published yet", hint="medallion run")
        return release

    def kept(self, ident: str) -> Release:
        try:
            text = (self._path / "releases" / f"{ident}.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            raise gone_error(ident) from None
        return Release.model_validate_json(text)

    def read_page(self, release: Release, query: ValidatedQuery) -> Page:
        matches = self._matching_rows(release, query)
        if query.after is not None:
            values = [_values(row, query.order) for row in matches]
            matches = matches[values.index(query.after) + 1 :]
        page = matches[: query.limit]
        more = len(matches) > len(page)
        cursor = query.cursor(release.id, _values(page[-1], query.order)) if more else None
        return Page([_result_row(row, query) for row in page], release.id, cursor)

    def read_count(self, release: Release, query: ValidatedQuery) -> int:
        return len(self._matching_rows(release, query))

    def read_groups(self, release: Release, query: Grouping) -> list[Row]:
        groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        if not query.terms:
            groups[()] = []  # without `by` there is one group, even without rows
        for row in matching_rows(self._table(release, query.served), query.filters):
            groups[tuple(_term(term, row[term.column]) for term in query.terms)].append(row)
        result = [
            dict(zip((term.column for term in query.terms), key, strict=True))
            | {metric.name: _metric(metric, members) for metric in query.metrics}
            for key, members in groups.items()
        ]
        return _sorted(result, query.order)[: query.limit]

    def read_batches(self, release: Release, query: ValidatedQuery) -> Iterator[list[Row]]:
        matches = self._matching_rows(release, query)
        for start in range(0, len(matches), BATCH):
            yield [_result_row(row, query) for row in matches[start : start + BATCH]]

    def close(self) -> None:
        self._rows.cache_clear()

    def _matching_rows(self, release: Release, query: ValidatedQuery) -> list[Row]:
        rows = matching_rows(self._table(release, query.served), query.filters)
        return _sorted(list(rows), query.order)

    def _table(self, release: Release, served: Served) -> list[Row]:
        try:
            return self._rows(self._path, served)
        except FileNotFoundError:
            raise gone_error(release.id) from None


def read_active(path: Path) -> Release | None:
    """The active release of a folder, or None."""
    try:
        return Release.model_validate_json((path / "active.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def _read(path: Path, served: Served) -> list[Row]:
    """All rows of a table, with values as stores return them and the row number."""
    import pyarrow.parquet as pq

    kinds = {column.name: kind_of(column.type) for column in served.columns}
    rows = pq.read_table(path / "tables" / f"{served.name}.parquet").to_pylist()
    return [
        {**{name: kind.walk(row[name], _python_value) for name, kind in kinds.items()}, ROW: number}
        for number, row in enumerate(rows)
    ]


def _python_value(kind: Kind, value: Any) -> Any:
    """An Arrow value as stores return it: NaN is null, timestamps with a time zone are in UTC."""
    if kind.name == "float":
        return None if math.isnan(value) else value
    if kind.name == "integer":
        return int(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value
    return value.isoformat("microseconds") if isinstance(value, time) else value


def _sorted(rows: list[Row], order: Iterable[Sort]) -> list[Row]:
    """The rows in this order; nulls sort below every value."""
    for sort in reversed(list(order)):
        rows.sort(key=lambda row: _rank(row[sort.field]), reverse=sort.descending)
    return rows


def _rank(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)


def _values(row: Row, order: Iterable[Sort]) -> tuple[Any, ...]:
    return tuple(row[sort.field] for sort in order)


def _result_row(row: Row, checked: ValidatedQuery) -> Row:
    return {name: row[name] for name in checked.fields if name != ROW}


def _term(term: Term, value: Any) -> Any:
    """The value by which a row is grouped."""
    if value is None or term.form == "plain":
        return value
    if term.form == "bin":
        width = type(value)(term.width)
        return math.floor(value / width) * width
    return value.isoformat()[: LENGTHS[term.form]]


def _metric(metric: Metric, rows: Sequence[Row]) -> Any:
    if metric.parts:
        dividend, divisor = (_metric(operand, rows) for operand in metric.parts)
        return float(dividend) / float(divisor) if dividend is not None and divisor else None
    if metric.column is None:
        return len(rows)
    values = [row[metric.column] for row in rows if row[metric.column] is not None]
    if metric.fraction is not None:
        return quantile_of([float(value) for value in values], metric.fraction)
    if metric.weight is not None:
        return _weighted_mean([(row[metric.column], row[metric.weight]) for row in rows])
    if not values:
        return None
    functions: Mapping[str, Callable[[list[Any]], Any]] = {
        "sum": sum,
        "min": min,
        "max": max,
        "mean": _mean,
    }
    value = functions[metric.function](values)
    return None if value != value else value  # infinities of both signs have no sum


def _mean(values: list[Any]) -> float:
    return float(sum(values) / len(values))


def _weighted_mean(pairs: Iterable[tuple[Any, Any]]) -> float | None:
    weighted = [
        (float(value), float(weight)) for value, weight in pairs if None not in (value, weight)
    ]
    total = sum(weight for _, weight in weighted)
    return sum(value * weight for value, weight in weighted) / total if total else None
