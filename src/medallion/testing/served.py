"""The table of the contract suites, with a column of every kind; loading and publishing it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from math import nan
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any, TypeVar

from medallion.contracts import Sink, Sort, TableSpec
from medallion.identifiers import TableName
from medallion.records import Column, LoadReport, Release, Served, Snapshot
from medallion.records.column_type import column_type
from medallion.sql.duckdb_types import duckdb_type

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from medallion.contracts import Store

T = TypeVar("T")

Row = dict[str, Any]

# What the operators of filters say of a value and an operand.
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": eq,
    "ne": ne,
    "lt": lt,
    "lte": le,
    "gt": gt,
    "gte": ge,
}

START = datetime(2024, 1, 1, tzinfo=UTC)

TYPES = {
    "id": "int64",
    "name": "text",
    "amount": "decimal(12,2)",
    "total": "int128",
    "rate": "float64",
    "active": "boolean",
    "day": "date",
    "at": "timestamp",
    "seen": "timestamptz",
    "opens": "time",
    "tags": "list<text>",
    "detail": ("struct<price: decimal(8,2), since: date, at: timestamp, seen: timestamptz>"),
    "counts": "map<text, int32>",
}
COLUMNS = tuple(Column(name=name, type=type_) for name, type_ in TYPES.items())
SPEC = TableSpec(
    name="items",
    columns=COLUMNS,
    key=("id",),
    indexes=(("name",), ("-amount",), ("active", "-day")),
)

_NAMES = ("Zoë", "ana", "Ana", "Bo", "x_y%", "x*y", "it's", "naïve 🙂", "")


def items(count: int = 60) -> list[Row]:
    """Rows with ties, nulls and awkward text outside the key, as a store returns them."""
    return [_item(number) for number in range(count)]


def _item(number: int) -> Row:
    moment = START + timedelta(hours=7 * (number % 11), milliseconds=number % 4)
    row: Row = {
        "id": number * 7 % 61,
        "name": _NAMES[number % len(_NAMES)],
        "amount": Decimal(number % 8 * 125 - 300).scaleb(-2),
        "total": number % 5 * 10**12,
        "rate": number % 6 / 4,
        "active": number % 2 == 0,
        "day": date(2024, 1, 1) + timedelta(days=number % 9),
        "at": moment.replace(tzinfo=None),
        "seen": moment,
        "opens": f"{number % 24:02}:30:00.000000",
        "tags": ["a", f"tag {number % 3}"],
        "detail": {
            "price": Decimal(number).scaleb(-2),
            "since": date(2024, 2, 29),
            "at": moment.replace(tzinfo=None),
            "seen": moment,
        },
        "counts": {"n": number},
    }
    for position, name in enumerate(list(TYPES)[1:]):
        if (number + position) % 7 == 0:
            row[name] = None
    return row


def batches(
    rows: Iterable[Row], columns: Sequence[Column] = COLUMNS, size: int = 16
) -> pa.RecordBatchReader:
    """Rows as the stream of Arrow batches that a sink loads; every other null rate becomes NaN."""
    import pyarrow as pa

    schema = pa.schema([(column.name, _arrow_type(column.type)) for column in columns])
    time_columns = [column.name for column in columns if column.type == "time"]

    def stream() -> Iterator[pa.RecordBatch]:
        batch: list[Row] = []
        for row in rows:
            batch.append(_arrow_row(row, time_columns))
            if len(batch) == size:
                yield pa.RecordBatch.from_pylist(batch, schema)
                batch = []
        if batch:
            yield pa.RecordBatch.from_pylist(batch, schema)

    return pa.RecordBatchReader.from_batches(schema, stream())


def _arrow_row(row: Row, time_columns: Sequence[str]) -> Row:
    arrow_row = dict(row)
    if "rate" in row and row["rate"] is None and row["id"] % 2:
        arrow_row["rate"] = nan
    for name in time_columns:
        if row.get(name) is not None:
            arrow_row[name] = time.fromisoformat(row[name])
    return arrow_row


@cache
def _arrow_type(type_: str) -> pa.DataType:
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        nulls = connection.sql(f"select null::{duckdb_type(column_type(type_))} as column_")
        return nulls.to_arrow_table().schema.field(0).type


def snapshot(
    ident: str, rows: int, table: str = "items", columns: Sequence[Column] = COLUMNS
) -> Snapshot:
    """The record of a gold table's version."""
    return Snapshot(
        table=f"gold.{table}",
        id=ident,
        fingerprint=f"fingerprint of {ident}",
        run="run",
        created=START,
        columns=tuple(columns),
        rows=rows,
        bytes=0,
    )


def load(sink: Sink, ident: str, rows: Sequence[Row], spec: TableSpec = SPEC) -> LoadReport:
    """Load rows as the snapshot `ident`."""
    return sink.load(
        spec, snapshot(ident, len(rows), spec.name, spec.columns), batches(rows, spec.columns)
    )


def release(
    sink: Sink, ident: str, served: Iterable[Served], previous: str | None = None
) -> Release:
    """A release that serves these tables from the sink."""
    tables = {TableName(entry.table).table: entry for entry in served}
    return Release(
        id=ident,
        pipeline="contract",
        run="run",
        created=START,
        previous=previous,
        tables={
            entry.table: snapshot(entry.snapshot, entry.rows, name, entry.columns)
            for name, entry in tables.items()
        },
        layers={"gold": {"type": "parquet"}},
        served={sink.label: tables},
    )


def publish(sink: Sink, ident: str, rows: Sequence[Row], spec: TableSpec = SPEC) -> Release:
    """Load rows and make them the active release `ident`."""
    published = release(sink, ident, [load(sink, f"snapshot-{ident}", rows, spec).served])
    sink.activate(published)
    return published


def sorted_rows(rows: list[Row], sorts: tuple[Sort, ...], key: str = "id") -> list[Row]:
    """Rows in the order that a store promises: nulls below every value, ties by the key."""
    shuffled = random.Random(1).sample(rows, len(rows))  # noqa: S311 (no secret depends on it)
    for sort in reversed((*sorts, Sort(key))):
        shuffled.sort(key=lambda row: rank(row[sort.field]), reverse=sort.descending)
    return shuffled


def rank(value: Any) -> tuple[Any, ...]:
    """A sort key with null below every value, and text by code point (its UTF-8 bytes)."""
    return () if value is None else (value.encode() if isinstance(value, str) else value,)


def reading(sink: Sink, ask: Callable[[Store], T]) -> T:
    """The answer of a new store, which is closed afterwards."""
    store = sink.store()
    try:
        return ask(store)
    finally:
        store.close()
