"""Elements of XML, without entities of the document's own."""

from __future__ import annotations

import io

import pytest

from medallion.workbooks.xml_events import elements, local, safe_parser


def test_elements_with_those_around_them() -> None:
    found = list(elements(io.BytesIO(b'<a><x:b c="1"/><d><e/></d></a>')))
    assert found == [("a", {}, ""), ("b", {"c": "1"}, "a"), ("d", {}, "a"), ("e", {}, "d")]
    assert local("x:b") == local("b") == "b"


@pytest.mark.parametrize(
    "text",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b'<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1/x"> %b;]><a/>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"),
    ],
)
@pytest.mark.parametrize("namespaces", [False, True])
def test_entities_are_refused(text: bytes, namespaces: bool) -> None:
    with pytest.raises(ValueError, match="entities of its own"):
        safe_parser(namespaces).Parse(text, True)


def test_a_document_type_without_entities_is_harmless() -> None:
    assert safe_parser().Parse(b"<!DOCTYPE a><a>&amp;&#65;</a>", True)
