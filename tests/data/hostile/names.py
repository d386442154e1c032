"""Names of columns."""

from __future__ import annotations

from tests.data.hostile import Case, csv, json

LONG = "n" * 5_000

CASES: list[Case] = [
    csv("a duplicate name", "id,name,id\n1,Ann,2\n", error="duplicate column name 'id'"),
    csv(
        "names that differ in case alone",
        "id,Name,NAME\n1,a,b\n",
        error="duplicate column name 'NAME'",
    ),
    csv("names that differ in spaces alone", "id, id\n1,2\n", error="duplicate column name 'id'"),
    csv(
        "names that differ in an invisible space alone",
        "id,id\u200b\n1,2\n",
        error="duplicate column name 'id'",
    ),
    csv("names that fold to one: ß and SS", "straße,STRASSE\n1,2\n", error="duplicate column name"),
    csv(
        "spaces and no-break spaces around names",
        "id ,\u00a0name\n1,Ann\n",
        columns=("id", "name"),
        rows=[("1", "Ann")],
    ),
    csv("a reserved name", "id,_row\n1,2\n", error="'_row' is reserved"),
    csv("a reserved name in capitals", "id,_ORIGIN\n1,2\n", error="'_ORIGIN' is reserved"),
    csv(
        "the name of a reader's own column",
        "filename,n\na,b\n",
        columns=("filename", "n"),
        rows=[("a", "b")],
    ),
    csv(
        "the place of a row in a reader",
        "file_row_number,n\n7,b\n",
        error="'file_row_number' is reserved",
    ),
    csv(
        "the number of a file in a reader", "n,FILE_INDEX\n7,3\n", error="'FILE_INDEX' is reserved"
    ),
    csv("words of SQL", "select,from\n1,2\n", columns=("select", "from"), rows=[("1", "2")]),
    csv("quotes in a name", '"a""b",c\n1,2\n', columns=('a"b', "c"), rows=[("1", "2")]),
    csv(
        "an apostrophe, a semicolon and a bracket",
        "it's,a;b]\n1,2\n",
        columns=("it's", "a;b]"),
        rows=[("1", "2")],
    ),
    csv("names of emoji", "😀,漢\n1,2\n", columns=("😀", "漢"), rows=[("1", "2")]),
    csv("a very long name", f"id,{LONG}\n1,2\n", columns=("id", LONG), rows=[("1", "2")]),
    csv("a name of a NUL byte", b"id,a\0b\n1,2\n", error="NUL"),
    csv(
        "a name that is a path or a variable",
        "../x,${HOME}\n1,2\n",
        columns=("../x", "${HOME}"),
        rows=[("1", "2")],
    ),
    json("an empty key", '{"": 1}\n', error="no name"),
    json("keys that differ in case alone", '{"a": 1, "A": 2}\n', error="duplicate column name"),
    json(
        "keys that differ in case alone, in two records",
        '{"a": 1}\n{"A": 2}\n',
        error="duplicate column name",
    ),
    json("a reserved key", '{"_row": 1}\n', error="reserved"),
    json(
        "a key with a dot, a slash and a tilde",
        '{"a.b/c~d": 1.5}\n',
        columns=("a.b/c~d",),
        rows=[(1.5,)],
    ),
    json(
        "keys of readers and SQL",
        '{"filename": 1, "json": 2, "select": 3}\n',
        columns=("filename", "json", "select"),
        rows=[(1, 2, 3)],
    ),
]
