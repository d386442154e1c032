"""CSV whose header, width or layout is not what it seems."""

from __future__ import annotations

from tests.data.hostile import Case, csv

PLAIN = "id,name\n1,Ann\n2,Bob\n"
ROWS = [("1", "Ann"), ("2", "Bob")]
TITLES = "Sales report\nof 2024\n\nid,name,amount\n1,Ann,5\n2,Bob,6\n3,Cid,7\n"
WIDE = [("1", "Ann", "5"), ("2", "Bob", "6"), ("3", "Cid", "7")]
ONE = "format"

DELIMITERS = [
    csv("semicolons, undeclared", "id;name\n1;Ann\n", error="delimiter: ';'"),
    csv(
        "semicolons and decimal commas, undeclared",
        "id;amount\n1;1,5\n2;2,5\n",
        error="delimiter: ';'",
    ),
    csv("tabs, undeclared", "id\tname\n1\tAnn\n", error="delimiter"),
    csv("bars, undeclared", "id|name\n1|Ann\n", error="delimiter: '|'"),
    csv(
        "a comma in a header split by semicolons",
        "id;last,first\n1;a\n2;b\n",
        error="delimiter: ';'",
    ),
    csv("tabs in a .tsv file", "id\tname\n1\tA,B\n", file="in.tsv", rows=[("1", "A,B")]),
    csv("commas in a .tsv file", PLAIN, file="in.tsv", error="delimiter: ','"),
    csv(
        "sep=; above the header",
        "sep=;\nid;name\n1;A,B\n",
        columns=("id", "name"),
        rows=[("1", "A,B")],
    ),
    csv(
        "sep=; in quotes, CRLF, a mark",
        b'\xef\xbb\xbf"sep=;"\r\nid;name\r\n1;Ann\r\n',
        rows=[("1", "Ann")],
    ),
    csv("sep= a tab", "sep=\t\nid\tname\n1\tAnn\n", rows=[("1", "Ann")]),
    csv("SEP=, in capitals", "SEP=,\nid,name\n1,Ann\n", rows=[("1", "Ann")]),
    csv(
        "sep=; though a comma is declared",
        "sep=;\nid;name\n1;Ann\n",
        error="delimiter: ';'",
        delimiter=",",
    ),
    csv("sep= two characters", "sep=,;\nid,name\n1,Ann\n", error="skip: 1"),
    csv("sep= nothing", "sep=\nid,name\n1,Ann\n", error="skip: 1"),
    csv(
        "semicolons, with a comma in each line",
        "id;amount, EUR\n1;1,5\n2;1,6\n",
        error="declare the `delimiter`",
    ),
    csv(
        "semicolons, with as many commas",
        "id;a,x;y\n1;2,3;4\n2;3,4;5\n",
        error="declare the `delimiter`",
    ),
    csv(
        "tabs, with a comma in each line",
        "id\tlast, first\n1\tB, A\n",
        error="declare the `delimiter`",
    ),
    csv(
        "bars, with a comma in each line", "id|a, b|x\n1|c, d|2\n", error="declare the `delimiter`"
    ),
    csv("carets", "id^name\n1^Ann\n", error="declare the `delimiter`"),
    csv("tildes", "id~name~x\n1~Ann~y\n", error="declare the `delimiter`"),
    csv("colons", "id:name\n1:Ann\n", error="declare the `delimiter`"),
    csv("bytes of Hive", "id\x01name\n1\x01Ann\n", error="declare the `delimiter`"),
    csv(
        "semicolons inside some values",
        "id,tags;x\n1,a;b\n2,c\n",
        columns=("id", "tags;x"),
        rows=[("1", "a;b"), ("2", "c")],
    ),
    csv(
        "a semicolon in each line, with commas declared",
        "id,tags;x\n1,a;b\n",
        columns=("id", "tags;x"),
        rows=[("1", "a;b")],
        delimiter=",",
    ),
    csv("sep=; counted by skip", "sep=;\nid;name\n1;Ann\n", rows=[("1", "Ann")], skip=1),
]

HEADERS = [
    csv("titles above the header, undeclared", TITLES, error="skip: 3"),
    csv(
        "titles above the header, declared",
        TITLES,
        columns=("id", "name", "amount"),
        rows=WIDE,
        skip=3,
    ),
    csv("one line too few skipped", TITLES, error="skip: 3", skip=1),
    csv("one line too many skipped", TITLES, error="header: false", skip=4),
    csv("more lines skipped than there are", PLAIN, error="skip", skip=9),
    csv("a title that Excel padded", "Sales report,,\nid,name,amount\n1,Ann,5\n", error="skip"),
    csv("a title with a comma", "Sales, 2024\nid,name,amount\n1,Ann,5\n2,Bob,6\n", error="skip: 1"),
    csv(
        "a title over a file with quoted line breaks",
        'Report\nid,name\n1,"A\nB"\n2,C\n',
        error="skip: 1",
    ),
    csv(
        "an odd quote in a title that is skipped",
        'The "best\nid,name\n1,Ann\n',
        rows=[("1", "Ann")],
        skip=1,
    ),
    csv(
        "bytes that are not utf-8 in a title that is skipped",
        b"caf\xe9\nid,name\n1,Ann\n",
        rows=[("1", "Ann")],
        skip=1,
    ),
    csv(
        "a comment above the header, undeclared",
        "# made by a tool\n# twice\nid,name\n1,Ann\n",
        error="comment: '#'",
    ),
    csv(
        "a comment as wide as the header, undeclared",
        "# made, today\nid,name\n1,Ann\n",
        error="comment: '#'",
    ),
    csv(
        "a comment above the header, declared",
        "# a, b\n\nid,name\n1,Ann\n",
        rows=[("1", "Ann")],
        comment="#",
    ),
    csv(
        "comments anywhere, declared",
        "#\nid,name\n1,Ann #1\n# x\n2,Bob\n#",
        rows=[("1", "Ann #1"), ("2", "Bob")],
        comment="#",
    ),
    csv(
        "a quoted value that begins as a comment",
        'id,name\n1,"A\n#B"\n2,C\n',
        rows=[("1", "A\n#B"), ("2", "C")],
        comment="#",
    ),
    csv(
        "a header that begins with a hash, declared",
        "#id,name\n1,Ann\n",
        columns=("#id", "name"),
        rows=[("1", "Ann")],
        header=True,
    ),
    csv("no header, numbers first", "1,Ann\n2,Bob\n", error="header: false"),
    csv(
        "no header, a number and a date",
        "Ann,1,2024-01-31\nBob,2,2024-02-28\n",
        error="header: false",
    ),
    csv(
        "no header, declared",
        "1,Ann\n2,Bob\n",
        columns=("id", "name"),
        rows=ROWS,
        header=False,
        columns_=("id", "name"),
    ),
    csv(
        "no header declared, but there is one",
        PLAIN,
        rows=ROWS,
        rejects=[(1, ONE)],
        header=False,
        columns_=("id", "name"),
    ),
    csv(
        "too few names for no header",
        "1,Ann,x\n",
        error="`columns` names 2",
        header=False,
        columns_=("id", "name"),
    ),
    csv(
        "years as names",
        "country,2023,2024\nFR,1,2\n",
        columns=("country", "2023", "2024"),
        rows=[("FR", "1", "2")],
    ),
    csv(
        "numbers as names, declared",
        "1,2\n3,4\n",
        columns=("1", "2"),
        rows=[("3", "4")],
        header=True,
    ),
    csv("a header only", "id,name\n", rows=[], warning="has a header but no records"),
    csv("a header without a line end", "id,name", rows=[], warning="has a header but no records"),
    csv("a header that is repeated", PLAIN + PLAIN, rows=ROWS + ROWS, rejects=[(3, ONE)]),
    csv(
        "files put one after another, each with its mark",
        b"\xef\xbb\xbfid,name\n1,Ann\n\xef\xbb\xbfid,name\n2,Bob\n",
        rows=ROWS,
        rejects=[(2, ONE)],
    ),
    csv(
        "a repeated header in quotes",
        'id,name\n1,Ann\n"id","name"\n2,Bob\n',
        rows=ROWS,
        rejects=[(2, ONE)],
    ),
    csv(
        "a header over two lines",
        'id,"name\nof client"\n1,Ann\n2,Bob\n',
        columns=("id", "name\nof client"),
        rows=ROWS,
    ),
    csv(
        "an index of pandas",
        ",id,name\n0,1,Ann\n1,2,Bob\n",
        columns=("column_1", "id", "name"),
        rows=[("0", "1", "Ann"), ("1", "2", "Bob")],
        warning="column_1",
    ),
    csv(
        "a trailing column without name or value",
        "id,name,\n1,Ann,\n2,Bob,\n",
        columns=("id", "name"),
        rows=ROWS,
        warning="is omitted",
    ),
    csv(
        "trailing columns of spaces, shorter records",
        "id,name, ,\n1,Ann\n2,Bob,,\n",
        columns=("id", "name"),
        rows=ROWS,
        warning="is omitted",
    ),
    csv(
        "a trailing column without name but with a value",
        "id,name,\n1,Ann,\n2,Bob,x\n",
        error="record 2 has a value",
    ),
    csv(
        "a column without name in the middle",
        "id,,name\n1,x,Ann\n",
        error="column 2 of 3 has no name",
    ),
]

WIDTHS = [
    csv("a record too short", "id,name\n1\n2,Bob\n", rows=[("2", "Bob")], rejects=[(1, ONE)]),
    csv("a record too long", "id,name\n1,Ann,x\n2,Bob\n", rows=[("2", "Bob")], rejects=[(1, ONE)]),
    csv("empty fields too many", "id,name\n1,Ann,,\n2,Bob,\n", rows=ROWS),
    csv(
        "most records too short",
        "id,name\n1\n2\n3,Cid\n",
        error="2 of its 3 records do not fit the header",
    ),
    csv(
        "most records too long: unquoted commas",
        "id,name\n1,Ann,x\n2,Bob,x\n3,Cid\n",
        error="do not fit the header",
    ),
    csv(
        "decimal commas without quotes", "id,amount\n1,1,5\n2,2,5\n", error="do not fit the header"
    ),
    csv("a footer of another width", PLAIN + "2 records\n", rows=ROWS, rejects=[(3, ONE)]),
    csv("a footer after blank lines", PLAIN + "\n\nTotal: 2\n", rows=ROWS, rejects=[(3, ONE)]),
    csv("a footer as a comment", PLAIN + "# end\n", rows=ROWS, comment="#"),
    csv(
        "two tables in one file",
        PLAIN + "\nday,city,sum\n1,2,3\n2,3,4\n3,4,5\n",
        error="do not fit the header",
    ),
    csv(
        "columns of a fixed width",
        "id   name\n1    Ann\n2    Bob\n",
        columns=("id   name",),
        rows=[("1    Ann",), ("2    Bob",)],
    ),
    csv("one column", "id\n1\n\n2\n", rows=[("1",), ("2",)]),
    csv("one column of a word that is the header", "word\nword\n", rows=[("word",)]),
    csv(
        "a record of a million characters",
        "id,name\n1," + "x" * 1_000_000 + "\n",
        rows=[("1", "x" * 1_000_000)],
    ),
    csv(
        "a thousand columns",
        ",".join(f"c{n}" for n in range(1000)) + "\n" + ",".join(["1"] * 1000),
        rows=[("1",) * 1000],
    ),
]

NULLS = [
    csv(
        "words for null stay text, undeclared",
        "id,name\n1,NA\n2,NULL\n",
        rows=[("1", "NA"), ("2", "NULL")],
    ),
    csv(
        "words for null, declared",
        'id,name\n1,NA\n2,"NA"\n3,-\n',
        rows=[("1", None), ("2", "NA"), ("3", None)],
        null=["NA", "-"],
    ),
    csv(
        "a backslash and N, declared",
        "id,name\n\\N,Ann\n2,\\N\n",
        rows=[(None, "Ann"), ("2", None)],
        null="\\N",
    ),
    csv(
        "a backslash and N with an escape",
        "id,name\n1,\\N\n2,a\\,b\n",
        rows=[("1", None), ("2", "a,b")],
        null="\\N",
        escape="\\",
    ),
]

CASES: list[Case] = [*DELIMITERS, *HEADERS, *WIDTHS, *NULLS]
