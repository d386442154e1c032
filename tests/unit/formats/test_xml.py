"""XML files as source files."""

from __future__ import annotations

import gzip

import pytest
from pydantic import ValidationError

from medallion.errors import SourceError
from medallion.formats.xml import Xml

BOOKS = """<?xml version="1.0" encoding="ISO-8859-1"?>
<catalogue xmlns="urn:books" xmlns:x="urn:other">
  <updated>2024-02-29</updated>
  <books>
    <book id="1"><title>Äpfel</title><author>Ann</author><price currency="EUR">5.00</price></book>
    <book id="2"><title/><author>Bob</author><author>Cy</author><price currency="EUR">6</price></book>
    <x:book id="3"/>
  </books>
</catalogue>"""


def test_values_are_text_in_columns_of_one_shape(read):
    found = read(Xml(records="books/book"), "a.xml", BOOKS.encode("latin-1"))
    assert {column.name: column.type for column in found.parsed.columns} == {
        "id": "text",
        "title": "text",
        "author": "list<text>",
        "price": "struct<currency: text, text: text>",
    }
    assert found.rows == [
        ("1", "Äpfel", ["Ann"], {"currency": "EUR", "text": "5.00"}),
        ("2", None, ["Bob", "Cy"], {"currency": "EUR", "text": "6"}),
        ("3", None, None, None),
    ]


def test_a_namespace_and_flattened_columns(read):
    form = Xml(records="b:books/b:book", namespaces={"b": "urn:books"}, flatten=True)
    found = read(form, "a.xml.gz", gzip.compress(BOOKS.encode("latin-1")))
    assert found.columns == ["id", "title", "author", "price_currency", "price_text"]
    assert [row[0] for row in found.rows] == ["1", "2"]


def test_numbers_and_dates_stay_text(read):
    content = b"<a><b><n>007</n><d>2024-02-29</d><t>true</t></b></a>"
    assert read(Xml(), "a.xml", content).rows == [("007", "2024-02-29", "true")]


def test_a_record_that_cannot_be_read_is_rejected_with_its_number(read):
    deep = "<c>" * 150 + "</c>" * 150
    found = read(Xml(), "a.xml", f"<a><b><c>1</c></b><b>{deep}</b><b><c>3</c></b></a>".encode())
    assert found.rows == [("1",), ("3",)]
    assert found.parsed.rejects == ((2, "nested more than 100 levels deep", ""),)


@pytest.mark.parametrize(
    ("form", "content", "fault"),
    [
        (Xml(), b"", "is empty"),
        (Xml(), b"id,name\n", "is not well-formed XML: .*line 1"),
        (Xml(), b"<a><b>1</b>", "is not well-formed XML: .*line 1"),
        (Xml(), b"<a/>", "has no element '\\*' below its root; it has none"),
        (Xml(records="c"), b"<a><b><c/></b></a>", "no element 'c' .* it has b, b/c"),
        (Xml(), b"<a><b/><c/></a>", "several names below its root: b, c"),
        (Xml(), b'<!DOCTYPE a [<!ENTITY b "c">]><a><b>&b;</b></a>', "entities of its own"),
        (
            Xml(),
            b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a><b>&b;</b></a>',
            "entities of its own",
        ),
        (Xml(), b'<?xml version="1.0" encoding="no-such"?><a/>', "unknown encoding"),
        (Xml(), b"<a><b><_origin>1</_origin></b></a>", "reserved"),
        (Xml(), b"<a>" + b"<b>" * 2000, "more than 1000 levels"),
    ],
)
def test_what_cannot_be_read(read, form, content, fault):
    with pytest.raises(SourceError, match=fault) as raised:
        read(form, "a.xml", content)
    assert raised.value.hint


@pytest.mark.parametrize(
    "options", [{"records": "b:book"}, {"records": "a//b"}, {"records": ""}, {"records": "/a"}]
)
def test_paths_that_are_invalid(options):
    with pytest.raises(ValidationError):
        Xml(**options)
