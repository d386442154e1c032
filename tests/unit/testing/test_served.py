"""The table of the suites: values of every kind, its batches, and the order that stores promise."""

from __future__ import annotations

from math import isnan

import pyarrow as pa

from medallion.contracts import Query, Sink, Sort, Store
from medallion.records import Column
from medallion.testing.served import (
    TYPES,
    batches,
    items,
    load,
    publish,
    rank,
    reading,
    release,
    snapshot,
    sorted_rows,
)


def test_every_column_has_nulls_and_ties_but_the_key() -> None:
    rows = items()
    assert [list(row) for row in rows] == [list(TYPES)] * 60
    assert sorted(row["id"] for row in rows) == [row["id"] for row in sorted_rows(rows, ())]
    assert len({row["id"] for row in rows}) == 60
    for name in list(TYPES)[1:]:
        values = [repr(row[name]) for row in rows]
        assert "None" in values, name
        if name not in ("detail", "counts"):
            assert len(set(values)) < len(values) - values.count("None"), name


def test_the_rows_are_always_the_same() -> None:
    assert items(10) == items()[:10]


def test_rows_become_batches_of_the_types_of_the_columns() -> None:
    reader = batches(items(20), size=8)
    assert [field.name for field in reader.schema] == list(TYPES)
    parts = list(reader)
    assert [part.num_rows for part in parts] == [8, 8, 4]
    table = pa.Table.from_batches(parts)
    assert table.column("id").to_pylist() == [row["id"] for row in items(20)]
    assert table.schema.field("amount").type == pa.decimal128(12, 2)
    assert table.schema.field("opens").type == pa.time64("us")
    assert list(batches([])) == []


def test_some_null_rates_arrive_as_nan() -> None:
    rates = pa.Table.from_batches(list(batches(items()))).column("rate").to_pylist()
    expected = [row["rate"] for row in items()]
    assert any(rate is not None and isnan(rate) for rate in rates)
    assert None in rates
    assert [None if rate is None or isnan(rate) else rate for rate in rates] == expected


def test_null_is_below_every_value_and_text_sorts_by_its_bytes() -> None:
    texts = ["\U0001f642", "é", "z", "", None, "\uffff"]
    assert sorted(texts, key=rank) == [None, "", "z", "é", "\uffff", "\U0001f642"]
    rows = [{"id": number, "a": value} for number, value in enumerate([2, None, 1, 2])]
    ids = [row["id"] for row in sorted_rows(rows, (Sort("a", descending=True),))]
    assert ids == [0, 3, 2, 1]


def test_a_release_serves_the_tables_that_were_loaded(sink: Sink) -> None:
    first = load(sink, "one", items(5))
    columns = (Column(name="id", type="int64"),)
    published = release(sink, "r", [first.served], previous="q")
    assert published.tables == {"gold.items": snapshot("one", 5)}
    assert snapshot("one", 5, "things", columns).columns == columns
    assert (published.previous, published.served) == ("q", {"serving": {"items": first.served}})
    sink.activate(published)

    def count(store: Store) -> int:
        return store.count("items", Query())

    assert reading(sink, count) == 5
    assert publish(sink, "s", items(3)) == sink.active()
    assert reading(sink, count) == 3
