from __future__ import annotations

import gzip
import json
from decimal import Decimal

import pytest

from medallion.errors import SourceError
from medallion.formats import json_structure
from medallion.formats.json import Json
from medallion.records.column_type import column_type
from medallion.sql.duckdb_types import too_deep


def types(found) -> dict[str, str]:
    return {column.name: column.type for column in found.parsed.columns}


def test_json_types_are_kept_and_no_text_becomes_a_date(read):
    found = read(
        Json(),
        "a.ndjson",
        b'{"id":1,"day":"2025-01-02","x":1,"ok":true,"u":"6f1c2f9e-0b1c-4c4e-9c7e-0a1b2c3d4e5f"}\n\n'
        b'{"id":9007199254740993,"day":"","x":2.5,"in":{"a":[1,2]},"none":null}\r\n',
    )
    assert types(found) == {
        "id": "int64",
        "day": "text",
        "x": "float64",
        "ok": "boolean",
        "u": "text",
        "in": "struct<a: list<int64>>",
        "none": "null",
    }
    assert found.rows[0][:4] == (1, "2025-01-02", 1.0, True)
    assert found.rows[1][:3] == (9007199254740993, "", 2.5)
    assert found.rows[1][5] == {"a": [1, 2]}
    assert found.parsed.warnings == ()


@pytest.mark.parametrize(
    ("content", "kind", "values"),
    [
        (
            b'{"n":18446744073709551615}\n{"n":-1}',
            "decimal(38,0)",
            [Decimal(18446744073709551615), Decimal(-1)],
        ),
        (b'{"n":9223372036854775808}', "decimal(38,0)", [Decimal(9223372036854775808)]),
        (
            b'{"n":12345678901234567890123}\n{"n":1.5}',
            "text",
            ["12345678901234567890123", "1.5"],
        ),
        (b'{"n":1}\n{"n":"x"}\n{"n":{"a":1}}', "text", ["1", "x", '{"a":1}']),
    ],
)
def test_no_value_loses_anything(read, content, kind, values):
    found = read(Json(), "a.ndjson", content)
    assert types(found) == {"n": kind}
    assert [row[0] for row in found.rows] == values
    assert bool(found.parsed.warnings) == (kind == "text")


@pytest.mark.parametrize(
    ("content", "kind", "values"),
    [
        (b'{"n":0.1234567890123456789}\n{"n":1.50}', "text", ["0.1234567890123456789", "1.5"]),
        (b'{"n":1e400}', "text", ["1e400"]),
        (b'{"n":-1E-400}\n{"n":null}', "text", ["-1E-400", None]),
        (b'[{"n" : 1e400},\n{"n":2}]', "text", ["1e400", "2"]),
        (b'{"n":123456789012345678901234567890}', "text", ["123456789012345678901234567890"]),
        (b'{"n":1234567890123456.7}', "text", ["1234567890123456.7"]),
        (b'{"n":9007199254740993.0}', "text", ["9007199254740993.0"]),
        (b'{"n":9007199254740993}\n{"n":0.5}', "text", ["9007199254740993", "0.5"]),
        (b'{"n":[0.5,9007199254740993]}', "list<text>", [["0.5", "9007199254740993"]]),
        (
            b'{"n":{"a":[{"b":9007199254740993},{"b":0.5}]}}',
            "struct<a: list<struct<b: text>>>",
            None,
        ),
        (b'{"n":{"a":{"b":1e400}}}', "struct<a: struct<b: text>>", [{"a": {"b": "1e400"}}]),
        (
            b'{"n":[[18446744073709551615],[-1]]}',
            "list<list<decimal(38,0)>>",
            [[[Decimal(2**64 - 1)], [Decimal(-1)]]],
        ),
        (b'{"n":0.1}\n{"n":100.000000000000000000}\n{"n":1e22}', "float64", [0.1, 100.0, 1e22]),
        (b'{"n":0.30000000000000004}\n{"n":5e-324}', "float64", [0.30000000000000004, 5e-324]),
        (b'{"n":"x:0.1234567890123456789, 1e400"}', "text", ["x:0.1234567890123456789, 1e400"]),
        (b'{"n":"a \\"b: 1e400"}\n{"n":"\\\\"}', "text", ['a "b: 1e400', "\\"]),
    ],
)
def test_numbers_keep_every_digit(read, content, kind, values):
    found = read(Json(), "a.ndjson", content)
    assert types(found)["n"] == kind
    if values is not None:
        assert [row[0] for row in found.rows] == values


def test_only_columns_that_need_it_are_widened(read):
    found = read(
        Json(),
        "a.ndjson",
        b'{"id":1,"hash":18446744073709551615,"in":{"n":7}}\n{"id":2,"x":[1e400,1]}',
    )
    assert found.rows == [(1, Decimal(2**64 - 1), {"n": 7}, None), (2, None, None, ["1e400", "1"])]
    expected = ["int64", "decimal(38,0)", "struct<n: int64>", "list<text>"]
    assert list(types(found).values()) == expected
    assert found.parsed.warnings[0].startswith("1 number with more digits than a float64 keeps")


@pytest.mark.parametrize("nested", [("[", "]"), ('{"k":', "}"), ('[{"k":', "}]")])
@pytest.mark.parametrize("levels", [10, 11, 40, 60])
def test_deep_values_are_kept_as_json_text(read, nested, levels):
    levels = (
        levels // nested[0].count("[{") if nested[0].startswith("[{") and levels > 11 else levels
    )
    value = nested[0] * levels + "1" + nested[1] * levels
    found = read(Json(), "a.ndjson", f'{{"n":{value}}}\n'.encode())
    ((kept,),) = found.rows

    def plain(item):
        if isinstance(item, str):
            return json.loads(item)
        if isinstance(item, dict):
            return {key: plain(inner) for key, inner in item.items()}
        return [plain(inner) for inner in item] if isinstance(item, list) else item

    assert plain(kept) == json.loads(value)
    assert not too_deep(column_type(types(found)["n"]))


def test_what_is_empty_decides_no_type(read):
    found = read(
        Json(),
        "a.ndjson",
        b'{"a":[],"b":{},"c":null,"d":[{}],"e":{"f":{}},"g":{},"h":[]}\n{"g":1,"h":"x"}',
    )
    assert types(found) == {
        "a": "list<null>",
        "b": "struct<>",
        "c": "null",
        "d": "list<struct<>>",
        "e": "struct<f: struct<>>",
        "g": "text",
        "h": "text",
    }
    assert found.rows[0] == ([], "{}", None, ["{}"], {"f": "{}"}, "{}", "[]")


def test_array_mark_compression_and_encoding(read):
    content = b'[{"a":1},\n {"a":2}]'
    assert read(Json(), "a.json", content).rows == [(1,), (2,)]
    assert read(Json(), "a.json", b"\xef\xbb\xbf" + content).rows == [(1,), (2,)]
    assert read(Json(), "a.json.gz", gzip.compress(content)).rows == [(1,), (2,)]
    assert read(Json(), "a.jsonl", b'\xef\xbb\xbf{"a":1}\n{"a":2}\n').rows == [(1,), (2,)]
    assert read(Json(encoding="utf-16"), "a.json", '{"a":"é"}'.encode("utf-16")).rows == [("é",)]


def test_lines_that_are_no_objects_are_set_aside(read):
    lines = [
        b'{"a":1}',
        b"",
        b"{bad",
        b"[1]",
        b"null",
        b'{"a":2},',
        b'{"a":3}',
        b'{"a":"\0"}',
        b"{}",
        b"{}",
        b"{}",
    ]
    found = read(Json(), "a.ndjson", b"\n".join(lines))
    assert found.rows == [(1,), (3,), (None,), (None,), (None,)]
    assert types(found) == {"a": "int64"}
    assert [(number, raw) for number, _, raw in found.parsed.rejects] == [
        (2, "{bad"),
        (3, "[1]"),
        (4, "null"),
        (5, '{"a":2},'),
        (7, '{"a":"\0"}'),
    ]
    assert found.parsed.rejects[1][1] == "array where an object is expected"


def test_objects_that_duckdb_cannot_read_are_set_aside(read):
    deep = b'{"a":' + b"[" * 127 + b"]" * 127 + b"}"
    lines = [b'{"a":1,"b":2,"a":3}', b'{"a":4}', deep, b"5", b'"x"', *[b'{"a":4}'] * 3]
    found = read(Json(), "a.ndjson", b"\n".join(lines))
    assert found.rows == [(4,)] * 4
    assert [(number, reason) for number, reason, _ in found.parsed.rejects] == [
        (1, "duplicate key 'a'"),
        (3, "nested more than 126 levels deep"),
        (4, "number where an object is expected"),
        (5, "text where an object is expected"),
    ]


ENVELOPE = b'{\n  "count": 2,\n  "data": [\n    {"a": 1},\n    {"a": 2}\n  ]\n}\n'


def test_objects_over_several_lines(read):
    assert read(Json(), "a.json", b'{\n "a": 1\n}\n{"a":\n2}\n').rows == [(1,), (2,)]
    assert read(Json(), "a.json", b'{"a": 1}{"a": 2}\n').rows == [(1,), (2,)]
    assert read(Json(records="."), "a.json", ENVELOPE).rows == [(2, [{"a": 1}, {"a": 2}])]


@pytest.mark.parametrize(
    ("records", "content"),
    [
        ("data", ENVELOPE),
        ("data", b'{"data":[{"a":1}]}\n{"data":[{"a":2}],"next":null}\n'),
        ("data", b'[{"data":[{"a":1},{"a":2}]}]'),
        (
            "x.data",
            b'{"other": {"data": [{"a": 9}]}, "x": {"n": "data", "data": [{"a": 1}, {"a": 2}]}}',
        ),
    ],
)
def test_records_inside_an_envelope(read, records, content):
    assert read(Json(records=records), "a.json", content).rows == [(1,), (2,)]


@pytest.mark.parametrize(
    ("records", "content", "says"),
    [
        (
            None,
            ENVELOPE,
            "one object over several lines, with a list of objects in 'data'.*\n.*records: data",
        ),
        (None, b'{\n"x": {"items": []}\n}', "'x.items'"),
        ("rows", ENVELOPE, "no key 'rows'"),
        ("count", ENVELOPE, "'count' is not a list"),
        ("data.a", ENVELOPE, "'a' is not a key: the value around it is not an object"),
        ("data", ENVELOPE[:-5], "cut short"),
        ("data", b'{"data": [{"a": 1} {"a": 2}]}', "a comma is missing"),
        ("data", b'{"data": []}', "'data' has no records"),
        (None, b'{"a":1}\nx\ny\n', "2 of its 3 lines are not records"),
    ],
)
def test_an_envelope_says_what_to_declare(read, records, content, says):
    with pytest.raises(SourceError, match=says) as caught:
        read(Json(records=records), "a.json", content)
    assert caught.value.message.startswith("a.json: ")
    assert caught.value.hint


def test_whole_numbers_of_both_signs_are_bigint(read):
    found = read(Json(), "a.ndjson", b'{"a":1}\n{"a":-1}\n')
    assert (types(found), found.rows) == ({"a": "int64"}, [(1,), (-1,)])


def test_a_large_file_is_looked_at_in_batches(read, monkeypatch):
    content = (
        b"".join(b'{"a":%d}\n' % n for n in range(-3, 3))
        + b'{"b":{"c":[1.5]}}\n{}\n{"b":{"d":"x"}}\n'
    )
    whole = read(Json(), "a.ndjson", content)
    monkeypatch.setattr(json_structure, "_WHOLE", 0)
    monkeypatch.setattr(json_structure, "_BATCH", 2)
    batched = read(Json(), "a.ndjson", content)
    assert (batched.rows, types(batched)) == (whole.rows, types(whole))
    with pytest.raises(SourceError, match="1 of its 3 values is not a JSON object"):
        read(Json(), "a.json", b'[{"a":1},2,{"a":3}]')


def test_over_long_line_is_set_aside(read):
    found = read(Json(), "a.ndjson", b'{"a":"' + b"x" * 40_000_000 + b'"}\n{"a":"y"}\n')
    assert found.rows == [("y",)]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.json", b"", "is empty"),
        ("a.json", b"\n \n", "is empty"),
        ("a.json", b"[1,2]", "is not an array of JSON objects"),
        ("a.json", b'[{"a":1},{"a":bad}]', "is not an array of JSON objects"),
        ("a.json", b'[{"a":1}', "is not an array of JSON objects"),
        ("a.json", b'[{"a":1},', "it is cut short"),
        ("a.json", b'[{"a":1,"a":2}]', 'duplicate key "a"'),
        ("a.json", b'{"a":{"b":1,"b":2}}', "duplicate key 'b'"),
        ("a.json", b'[{"a":' + b"[" * 600 + b"]" * 600 + b"}]", "nested more than 126 levels deep"),
        ("a.json", b"[]", "no object with a key"),
        ("a.json", b'{\n "a": 1\n', "no line is a JSON object"),
        ("a.json", b"id,name\n1,Ann\n", "no line is a JSON object"),
        ("a.json", b'{"a":1,"A":2}', "duplicate column name"),
        ("a.json", b'{"_row":1}', "reserved"),
        ("a.json", b'{"_origin":1}\nbad', "reserved"),
        ("a.json", b"{}\nbad", "no object with a key"),
        ("a.json", b'{"":1}', "no name"),
        ("a.json", b'{"a":"x"}\n{"a":"\xeb"}', "line 2: byte 0xeb"),
        ("a.json", b'[{"a":"\xeb"}]', "line 1: byte 0xeb"),
        ("a.json", gzip.compress(b"{}", mtime=0), "gzip"),
        ("gone.json", None, "no such file"),
    ],
)
def test_json_that_cannot_be_read(read, name, content, says):
    with pytest.raises(SourceError, match=says) as caught:
        read(Json(), name, content)
    assert caught.value.message.startswith(f"{name}: ")
    assert caught.value.hint
