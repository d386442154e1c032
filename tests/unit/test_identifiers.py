"""Ids sort by time, also after the clock was set back; table names have two parts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from medallion.identifiers import TableName, digest, new_id, next_id, now


def test_ids_sort_by_their_time() -> None:
    moment = now()
    ids = [new_id(moment + timedelta(milliseconds=step)) for step in (0, 1, 999, 60_000)]
    assert ids == sorted(ids)
    assert new_id(moment) != new_id(moment)


def test_an_id_sorts_after_the_last_one_when_the_clock_was_set_back() -> None:
    last = new_id(now() + timedelta(days=1))
    assert next_id(last) > last
    assert next_id(next_id(last)) > next_id(last)


@pytest.mark.parametrize("last", [None, "", "20200101-000000-000abc", "no id"])
def test_an_id_has_the_present_time_after_an_older_one(last: str | None) -> None:
    before = new_id(now())[:19]
    assert before <= next_id(last)[:19] <= new_id(now())[:19]


@pytest.mark.parametrize(
    ("name", "layer", "table"),
    [("silver.orders", "silver", "orders"), ("silver", "silver", ""), ("a.b.c", "a", "b.c")],
)
def test_a_table_name_has_a_layer_and_a_table(name: str, layer: str, table: str) -> None:
    assert (TableName(name).layer, TableName(name).table) == (layer, table)


def test_the_order_of_keys_changes_a_digest() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"a": 1, "b": 2})
    assert digest({"a": 1, "b": 2}) != digest({"b": 2, "a": 1})
