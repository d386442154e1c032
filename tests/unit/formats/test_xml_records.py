"""Elements at a path as nested values."""

from __future__ import annotations

import json
from typing import Any
from xml.parsers.expat import ExpatError

import pytest

from medallion.formats import xml_records
from medallion.formats.text_lines import TOO_LONG
from medallion.formats.xml_records import XmlRecords, json_line

ANY = ((None, "*"),)


def records(text: str, path: Any = ANY, prefix: str = "", lists: tuple[str, ...] = ()) -> list[Any]:
    reader = XmlRecords(path, prefix)
    found = list(reader.read([text[:20].encode(), text[20:].encode()]))
    return [
        record.fault or json.loads(json_line(record.value, reader.shapes, lists))
        for record in found
    ]


def test_elements_and_attributes_are_members() -> None:
    text = '<a><b id="1"><c> x\ny </c><d/></b><b><c><![CDATA[<&]]></c></b></a>'
    assert records(text) == [{"id": "1", "c": "x\ny", "d": None}, {"c": "<&"}]
    assert records(text, prefix="@")[0]["@id"] == "1"


def test_an_element_has_one_shape_in_all_records() -> None:
    text = """<a>
        <b><tag>x</tag><price>5</price></b>
        <b><tag>y</tag><tag>z</tag><price currency="EUR">6</price></b>
        <b><price/></b>
    </a>"""
    assert records(text) == [
        {"tag": ["x"], "price": {"text": "5"}},
        {"tag": ["y", "z"], "price": {"currency": "EUR", "text": "6"}},
        {"price": None},
    ]
    assert records("<a><b><tag>x</tag></b></a>", lists=("tag",)) == [{"tag": ["x"]}]


def test_an_attribute_and_an_element_of_one_name_are_a_list() -> None:
    assert records('<a><b id="1"><id>2</id></b></a>') == [{"id": ["1", "2"]}]


def test_records_without_parts_and_nil() -> None:
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    text = f'<a {xsi}><b>1</b><b/><b><c xsi:nil="true"/></b></a>'
    assert records(text) == [{"text": "1"}, {}, {"c": None}]


def test_only_elements_at_the_path() -> None:
    text = """<x:a xmlns:x="urn:x" xmlns:y="urn:y">
        <head><b>0</b></head><x:list><x:b>1</x:b><y:b>2</y:b><c>3</c></x:list><b>4</b>
    </x:a>"""
    any_list = ((None, "list"), (None, "b"))
    assert records(text, any_list) == [{"text": "1"}, {"text": "2"}]
    assert records(text, ((None, "*"), ("urn:x", "b"))) == [{"text": "1"}]
    assert records(text, ((None, "list"), (None, "*"))) == [
        {"text": "1"},
        {"text": "2"},
        {"text": "3"},
    ]


def test_a_record_inside_a_record_is_a_part_of_it() -> None:
    assert records("<a><b><b>1</b></b></a>", ((None, "b"),)) == [{"b": "1"}]


def test_records_that_are_too_large_or_too_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = "<c>" * 150 + "</c>" * 150
    monkeypatch.setattr(xml_records, "MAX_RECORD", 1000)
    text = f"<a><b>{deep}</b><b><c>{'x' * 2000}</c></b><b>{'<d/>' * 100}</b><b><c>1</c></b></a>"
    assert records(text) == [
        "nested more than 100 levels deep",
        TOO_LONG,
        TOO_LONG,
        {"c": "1"},
    ]


def test_a_file_that_is_cut_short_or_too_deep() -> None:
    with pytest.raises(ExpatError):
        records("<a><b>1</b><b>")
    with pytest.raises(ValueError, match="more than 1000 levels"):
        records("<a>" * 2000)
