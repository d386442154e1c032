"""Structs as columns of their own."""

from __future__ import annotations

import pytest

from medallion.errors import SourceError
from medallion.formats.json import Json

NESTED = b"""
{"id": 1, "at": {"city": "A", "point": {"x": 1.5, "y": null}, "empty": {}}, "tags": [{"a": 1}]}
{"id": 2, "at": null, "tags": []}
{"id": 3, "at": {"city": "B", "note": {"mixed": 1}}}
{"id": 4, "at": {"note": {"mixed": "one"}}}
"""


def test_fields_of_nested_objects_are_columns(read):
    found = read(Json(flatten=True), "a.ndjson", NESTED)
    assert {column.name: column.type for column in found.parsed.columns} == {
        "id": "int64",
        "at_city": "text",
        "at_point_x": "float64",
        "at_point_y": "null",
        "at_empty": "struct<>",
        "at_note_mixed": "text",
        "tags": "list<struct<a: int64>>",
    }
    sources = {column.name: column.source_type for column in found.parsed.columns}
    assert sources["at_note_mixed"] == "json"
    assert sources["at_city"] in ("", "text")
    assert found.rows == [
        (1, "A", 1.5, None, "{}", None, [{"a": 1}]),
        (2, None, None, None, None, None, []),
        (3, "B", None, None, None, "1", None),
        (4, None, None, None, None, "one", None),
    ]


def test_without_nested_objects_nothing_changes(read):
    content = b'{"id": 1, "tags": ["a"]}\n{"id": 2}\n'
    assert read(Json(flatten=True), "a.ndjson", content) == read(Json(), "a.ndjson", content)


def test_two_columns_of_one_name(read):
    content = b'{"a_b": 1, "a": {"b": 2}}\n'
    with pytest.raises(SourceError, match="duplicate column name 'a_b'") as raised:
        read(Json(flatten=True), "a.ndjson", content)
    assert "or omit `flatten`" in raised.value.hint
