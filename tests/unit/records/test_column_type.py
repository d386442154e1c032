"""Logical types of columns: their text, and what a record accepts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from medallion.records import Column
from medallion.records.column_type import (
    NAMES,
    NESTED,
    ColumnType,
    column_type,
    list_type,
    map_type,
)

LEAVES = st.sampled_from(sorted(NAMES - {*NESTED, "decimal"})).map(ColumnType) | st.integers(
    1, 38
).flatmap(lambda digits: st.integers(0, digits).map(lambda s: ColumnType("decimal", digits, s)))


def nested(item: st.SearchStrategy[ColumnType]) -> st.SearchStrategy[ColumnType]:
    fields = st.lists(st.tuples(st.text(), item), max_size=3)
    structs = fields.map(lambda items: ColumnType("struct", items=tuple(items)))
    return item.map(list_type) | st.builds(map_type, item, item) | structs


TYPES = st.recursive(LEAVES, nested, max_leaves=5)


@given(TYPES)
def test_a_type_is_read_as_it_was_written(type_: ColumnType) -> None:
    assert column_type(str(type_)) == type_
    assert Column(name="x", type=str(type_)).type == str(type_)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("decimal(12, 2)", "decimal(12,2)"),
        ("map<text,int64>", "map<text, int64>"),
        ('struct<"a": date,b: list<text>>', "struct<a: date, b: list<text>>"),
    ],
)
def test_a_type_is_always_stored_the_same_way(text: str, written: str) -> None:
    assert Column(name="x", type=text).type == written


@pytest.mark.parametrize(
    "text",
    ["VARCHAR", "integer", "", "list<>", "list<VARCHAR>", "decimal", "map<text>", "map", "int64[]"],
)
def test_other_text_is_not_a_type(text: str) -> None:
    with pytest.raises(ValidationError, match="is not a type; write one such as text, int64"):
        Column(name="x", type=text)


def test_the_text_of_a_source_type_is_any() -> None:
    column = Column(name="x", type="text", source_type="duration[us]")
    assert column_type(column.source_type) == ColumnType("duration[us]")
