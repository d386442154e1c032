"""JSON: layouts, lines, keys, numbers, escapes."""

from __future__ import annotations

import gzip

from tests.data.hostile import Case, json

ENVELOPE = '{\n  "count": 2,\n  "data": [\n    {"a": 1},\n    {"a": 2}\n  ]\n}\n'
TWO = [(1,), (2,)]

BY_COLUMNS = '{"a":{"0":1,"1":2},"b":{"0":"x","1":"y"}}'
COLUMNAR = [
    *(
        json(f"a whole table: {what}", text, file="in.json", error=error)
        for what, text, error in (
            ("pandas' default", BY_COLUMNS, "an object of values for each"),
            ("pandas' default of one column", '{"a":{"0":1,"1":2}}\n', "an object of values for"),
            ("pandas' default of one row", '{"a":{"7":1},"b":{"7":null}}', "an object of values"),
            ("pandas' default, over lines", BY_COLUMNS.replace(",", ",\n"), "an object of values"),
            ("by index", '{"0":{"a":1,"b":"x"},"1":{"a":2,"b":"y"}}', "objects by their key"),
            ("by id", '{"u1":{"a":1},"u2":{"a":2,"b":3}}', "an object of objects by their key"),
            ("by id, over lines", '{\n"u1":{"a":1},\n"u2":{"a":2}\n}', "objects by their key"),
            ("split", '{"columns":["a","b"],"index":[0],"data":[[1,"x"]]}', "lists, in 'data'"),
            ("a header and rows", '{"ok":1,"r":{"head":["a"],"rows":[[1],[2]]}}', "in 'r.rows'"),
            ("fields and values", '{"f":[{"n":"a"},{"n":"b"}],"v":[[1,2]]}', "lists, in 'v'"),
            ("lists", '{"a":[1,2],"b":["x",null]}', "a list of values for each"),
            ("lists of one row", '{"a":[1],"b":["x"]}', "a list of values for each"),
            ("one list", '{"a":[1,2,3]}\n\n', "a list of values for each"),
            ("values", '[[1,"x"],[2,"y"]]', "is not an array of JSON objects"),
        )
    ),
    json("a whole table that is declared a record", '{"a":[1,2]}', rows=[([1, 2],)], records="."),
    json(
        "objects by their key that are a record",
        '{"u1":{"a":1},"u2":{"a":2}}',
        file="in.json",
        rows=[({"a": 1}, {"a": 2})],
        records=".",
    ),
    json("a line that may be a table", '{"a":[1,2]}', rows=[([1, 2],)], warning="records: ."),
    json("lines of lists", '{"a":[1,2]}\n{"a":[3]}\n', rows=[([1, 2],), ([3],)]),
    json("an object with one list", '{"a":[1,2],"b":3}', file="in.json", rows=[([1, 2], 3)]),
    json("an object in an object", '{"a":{"b":1}}', file="in.json", rows=[({"b": 1},)]),
    json(
        "a position",
        '{"type":"Line","at":[[1,2],[3,4]]}',
        file="in.json",
        rows=[("Line", [[1, 2], [3, 4]])],
    ),
]

LAYOUTS = [
    json("one object a line", '{"a":1}\n{"a":2}\n', rows=TWO),
    json("blank lines between objects", '\n{"a":1}\n\n   \n{"a":2}\n\n', rows=TWO),
    json("CRLF", '{"a":1}\r\n{"a":2}\r\n', rows=TWO),
    json("no line end after the last object", '{"a":1}\n{"a":2}', rows=TWO),
    json("a byte order mark", b'\xef\xbb\xbf{"a":1}\n{"a":2}\n', rows=TWO),
    json("UTF-16, undeclared", '{"a":1}\n{"a":2}\n'.encode("utf-16"), error="encoding: utf-16"),
    json("gzip", gzip.compress(b'{"a":1}\n{"a":2}\n', mtime=0), file="in.ndjson.gz", rows=TWO),
    json("an array on one line", '[{"a":1},{"a":2}]', file="in.json", rows=TWO),
    json(
        "an array over several lines",
        '[\n  {\n    "a": 1\n  },\n  {\n    "a": 2\n  }\n]\n',
        file="in.json",
        rows=TWO,
    ),
    json("an array that is called ndjson", '[{"a":1},\n{"a":2}]\n', rows=TWO),
    json("an array cut short", '[{"a":1},{"a":2}', file="in.json", error="cut short"),
    json("an array cut short after a comma", '[{"a":1},', file="in.json", error="cut short"),
    json(
        "an array with a comma too many",
        '[{"a":1},{"a":2},]',
        file="in.json",
        error="is not an array of JSON objects",
    ),
    json(
        "an array with a comma missing",
        '[{"a":1} {"a":2}]',
        file="in.json",
        error="is not an array of JSON objects",
    ),
    json(
        "two arrays",
        '[{"a":1}]\n[{"a":2}]\n',
        file="in.json",
        error="is not an array of JSON objects",
    ),
    json(
        "text after an array",
        '[{"a":1}]\n-- done',
        file="in.json",
        error="is not an array of JSON objects",
    ),
    json("an array of numbers", "[1, 2]", file="in.json", error="is not an array of JSON objects"),
    json(
        "an array of arrays", "[[1], [2]]", file="in.json", error="is not an array of JSON objects"
    ),
    json("an empty array", "[]", file="in.json", error="no object with a key"),
    json("an empty object", "{}", file="in.json", error="no object with a key"),
    json("an envelope over several lines", ENVELOPE, file="in.json", error="records: data"),
    json("an envelope over several lines, called ndjson", ENVELOPE, error="records: data"),
    json(
        "an envelope, its path declared",
        ENVELOPE,
        file="in.json",
        columns=("a",),
        rows=TWO,
        records="data",
    ),
    json(
        "an envelope of one line, its path declared",
        '{"data":[{"a":1},{"a":2}]}',
        rows=TWO,
        records="data",
    ),
    json(
        "an envelope of one line",
        '{"data":[{"a":1},{"a":2}]}',
        rows=[([{"a": 1}, {"a": 2}],)],
        warning="records: data",
    ),
    json("an envelope as a record", ENVELOPE, rows=[(2, [{"a": 1}, {"a": 2}])], records="."),
    json(
        "an envelope inside an envelope",
        '{\n"r": {"items": [{"a":1}]}\n}',
        file="in.json",
        error="records: r.items",
    ),
    json("an envelope without a record", '{\n"data": []\n}', file="in.json", error="records: data"),
    json(
        "a path that is not there", ENVELOPE, file="in.json", error="no key 'rows'", records="rows"
    ),
    *COLUMNAR,
    json("one object over several lines", '{\n  "a": 1\n}\n', file="in.json", rows=[(1,)]),
    json("objects over several lines", '{\n"a": 1\n}\n{\n"a": 2\n}\n', file="in.json", rows=TWO),
    json("objects side by side", '{"a":1}{"a":2} {"a":3}\n', rows=[(1,), (2,), (3,)]),
    json(
        "objects over several lines with commas between",
        '{\n"a": 1\n},\n{\n"a": 2\n}\n',
        file="in.json",
        error="write one object per line",
    ),
    json(
        "an object over several lines, cut short",
        '{\n"a": 1,\n"b": [1,\n',
        file="in.json",
        error="write one object per line",
    ),
    json(
        "lines that end in a comma", '{"a":1},\n{"a":2},\n{"a":3}\n', error="lines are not records"
    ),
    json(
        "a line cut short", '{"a":1}\n{"a":\n{"a":3}\n', rows=[(1,), (3,)], rejects=[(2, "format")]
    ),
    json(
        "a line that is not an object",
        '{"a":1}\nnull\n{"a":3}\n',
        rows=[(1,), (3,)],
        rejects=[(2, "format")],
    ),
    json(
        "a line of text among objects",
        '{"a":1}\nerror: timeout\n{"a":3}\n',
        rows=[(1,), (3,)],
        rejects=[(2, "format")],
    ),
    json(
        "CSV that is called JSON",
        "id,name\n1,Ann\n",
        file="in.json",
        error="no line is a JSON object",
    ),
    json(
        "JSON with comments",
        '// made by hand\n{"a": 1}\n/* x */\n',
        file="in.json",
        error="lines are not records",
    ),
    json("single quotes", "{'a': 1}\n{'a': 2}\n", error="no line is a JSON object"),
    json("keys without quotes", "{a: 1}\n", error="no line is a JSON object"),
    json("record separators of RFC 7464", '\x1e{"a":1}\n\x1e{"a":2}\n', rows=TWO),
]

VALUES = [
    json(
        "a key twice",
        '{"a":1,"a":2}\n{"a":3}\n{"a":4}\n',
        rows=[(3,), (4,)],
        rejects=[(1, "format")],
    ),
    json(
        "a key twice by an escape",
        '{"a":1,"\\u0061":2}\n{"a":3}\n{"a":4}\n',
        rows=[(3,), (4,)],
        rejects=[(1, "format")],
    ),
    json(
        "a key twice inside",
        '{"a":{"b":1,"b":2}}\n{"a":{"b":3}}\n{"a":{"b":4}}\n',
        rows=[({"b": 3},), ({"b": 4},)],
        rejects=[(1, "format")],
    ),
    json(
        "a key that some objects lack",
        '{"a":1}\n{"b":"x"}\n',
        columns=("a", "b"),
        rows=[(1, None), (None, "x")],
    ),
    json("null everywhere", '{"a":null}\n{"a":null}\n', rows=[(None,), (None,)]),
    json("unicode escapes", '{"a":"\\u00e9\\ud83d\\ude00"}\n', rows=[("é😀",)]),
    json(
        "a lone surrogate", '{"a":"\\ud800"}\n{"a":"x"}\n', rows=[("x",)], rejects=[(1, "format")]
    ),
    json("an escaped NUL", '{"a":"x\\u0000y"}\n', rows=[("x\0y",)]),
    json(
        "a raw control character",
        '{"a":"x\ty"}\n{"a":"z"}\n',
        rows=[("z",)],
        rejects=[(1, "format")],
    ),
    json(
        "an escape that is none",
        '{"a":"\\x41"}\n{"a":"z"}\n',
        rows=[("z",)],
        rejects=[(1, "format")],
    ),
    json("a line separator inside a text", '{"a":"x\u2028y"}\n', rows=[("x\u2028y",)]),
    json(
        "a number with a leading zero", '{"a":01}\n{"a":2}\n', rows=[(2,)], rejects=[(1, "format")]
    ),
    json("a number with a plus sign", '{"a":+1}\n{"a":2}\n', rows=[(2,)], rejects=[(1, "format")]),
    json(
        "a number that begins with a point",
        '{"a":.5}\n{"a":2.5}\n',
        rows=[(2.5,)],
        rejects=[(1, "format")],
    ),
    json("a hexadecimal number", '{"a":0x1F}\n{"a":2}\n', rows=[(2,)], rejects=[(1, "format")]),
    json(
        "the largest whole number of 64 bits",
        '{"a":9223372036854775807}\n',
        rows=[(9223372036854775807,)],
    ),
    json(
        "numbers and texts in one key",
        '{"a":1}\n{"a":"x"}\n',
        rows=[("1",), ("x",)],
        warning="read as text",
    ),
    json("a whole number in quotes stays text", '{"a":"007"}\n', rows=[("007",)]),
    json("a date stays text", '{"a":"2024-01-31"}\n', rows=[("2024-01-31",)]),
    json("true and false", '{"a":true}\n{"a":false}\n', rows=[(True,), (False,)]),
    json("objects inside objects", '{"a":{"b":{"c":[1,2]}}}\n', rows=[({"b": {"c": [1, 2]}},)]),
    json("NaN", '{"a":NaN}\n{"a":1.5}\n', rows=[(1.5,)], rejects=[(1, "format")]),
    json("Infinity", '{"a":-Infinity}\n{"a":1.5}\n', rows=[(1.5,)], rejects=[(1, "format")]),
    json(
        "a comma too many in an object", '{"a":1,}\n{"a":2}\n', rows=[(2,)], rejects=[(1, "format")]
    ),
]

CASES: list[Case] = [*LAYOUTS, *VALUES]
