"""The header of a CSV file, and what to declare if the file does not fit the declaration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medallion.errors import SourceError
from medallion.formats.csv_header import Header, HeaderReader, check_fit, likely_delimiter
from medallion.formats.csv_records import Dialect
from medallion.formats.unreadable_records import UnreadableRecords

COMMA = Dialect(",", '"')


def header(folder: Path, content: str, dialect: Dialect = COMMA, **declared: Any) -> Header:
    text = folder / "text"
    text.write_bytes(content.encode())
    settings: dict[str, Any] = {
        "skip": 0,
        "header": None,
        "rows": 1,
        "declared": (),
        "delimiter_declared": False,
    }
    return HeaderReader(text, "a.csv", dialect, **settings | declared).read()


def refused(folder: Path, content: str, dialect: Dialect = COMMA, **declared: Any) -> str:
    """The message and hint of the error."""
    with pytest.raises(SourceError) as error:
        header(folder, content, dialect, **declared)
    return f"{error.value.message} | {error.value.hint}"


def test_names_are_cleaned_and_the_lines_above_are_counted(tmp_path: Path) -> None:
    assert header(tmp_path, ' id ,"full\nname"\n1,Ann\n') == Header(
        ("id", "full\nname"), above=0, lines=2, dialect=COMMA
    )
    assert header(tmp_path, "Report\n\nid,\u200bname\n1,Ann\n", skip=1) == Header(
        ("id", "name"), above=2, lines=3, dialect=COMMA
    )


def test_a_first_line_names_the_delimiter_unless_another_is_declared(tmp_path: Path) -> None:
    content = "sep=;\nid;name, full\n1;Lee, Ann\n"
    semicolon = Dialect(";", '"')
    assert header(tmp_path, content) == Header(("id", "name, full"), 1, 2, semicolon)
    assert header(tmp_path, f'"sep=;"{content[5:]}').columns == ("id", "name, full")
    declared = header(tmp_path, content, COMMA, delimiter_declared=True)
    assert declared.columns == ("id;name", "full")
    assert "does not name a single-character delimiter" in refused(tmp_path, "sep=ab\nid,b\n")


def test_columns_without_a_name_are_named_or_omitted_with_a_warning(tmp_path: Path) -> None:
    index = header(tmp_path, ",a\n0,x\n")
    assert (index.columns, index.nameless) == (("column_1", "a"), 0)
    assert index.warnings == ("the first column has no name and is called 'column_1'",)
    trailing = header(tmp_path, "a,b,,\n1,2\n")
    assert (trailing.columns, trailing.nameless) == (("a", "b"), 2)
    assert trailing.warnings == (
        "column 3 has neither a name nor values and is omitted",
        "column 4 has neither a name nor values and is omitted",
    )
    assert "column 2 of 3 has no name" in refused(tmp_path, "a,,c\n1,2,3\n")


def test_a_file_without_a_header_has_the_declared_columns(tmp_path: Path) -> None:
    names = ("id", "name")
    expected = Header(names, above=1, lines=1, dialect=COMMA, named=False)
    assert header(tmp_path, "\n1,Ann\n", header=False, declared=names) == expected
    message = refused(tmp_path, "1,Ann,x\n", header=False, declared=names)
    assert "the first record has 3 fields, but `columns` names 2" in message
    assert "duplicate column name" in refused(tmp_path, "1,2\n", header=False, declared=("a", "A"))


@pytest.mark.parametrize("first", ["1,Ann", "a,2,2025-01-31", "31.12.2025,x", "-1.5,x"])
def test_a_header_that_looks_like_a_record_is_refused_unless_declared(
    tmp_path: Path, first: str
) -> None:
    message = refused(tmp_path, f"{first}\n{first}\n")
    assert f"the header looks like a record: {first.replace(',', ', ')}" in message
    columns = tuple(first.split(","))
    assert header(tmp_path, f"{first}\n{first}\n", header=True).columns == columns
    assert header(tmp_path, "id,2024,2025\n1,5,6\n").columns == ("id", "2024", "2025")


def test_a_header_that_begins_as_a_comment_is_refused_unless_declared(tmp_path: Path) -> None:
    content = "#id,name\n1,Ann\n"
    assert "| declare `comment: '#'`" in refused(tmp_path, content)
    assert header(tmp_path, content, header=True).columns == ("#id", "name")
    comment = Dialect(",", '"', comment="#")
    assert header(tmp_path, "# from us\nid,name\n1,Ann\n", comment).above == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("id;name\n1;Ann\n", "is one column when split by ',' | did you mean `delimiter: ';'`?"),
        ("id;name, full\n1;Lee, Ann\n", "are 2 columns when split by ',', and 2 by ';'"),
        ("id~name\n1~Ann\n", "are 1 column when split by ',', and 2 by '~'"),
        ('{"id": 1}\n', 'looks like JSON: {"id": 1} | declare `format: json`'),
        ('id,"name" x\n', "the header cannot be read: text after a closing quote"),
    ],
)
def test_another_format_is_refused_with_what_to_declare(
    tmp_path: Path, content: str, says: str
) -> None:
    assert says in refused(tmp_path, content)


def test_a_delimiter_in_one_quoted_name_or_in_some_records_is_accepted(tmp_path: Path) -> None:
    assert header(tmp_path, '"name; full"\nx\n').columns == ("name; full",)
    assert header(tmp_path, "a;b,c\n1;2,3\n4,5\n").columns == ("a;b", "c")
    declared = header(tmp_path, "id;name, full\n1;Lee, Ann\n", delimiter_declared=True)
    assert declared.columns == ("id;name", "full")


def test_skipping_the_whole_file_is_refused(tmp_path: Path) -> None:
    message = refused(tmp_path, "id,name\n", skip=1)
    assert message == "a.csv: has no record below its first 1 line | declare a lower `skip`"


def test_the_likely_delimiter_is_the_most_frequent_other_one() -> None:
    assert likely_delimiter(["a;b;c|d", "e;f"], COMMA) == ";"
    assert likely_delimiter(["a;b|c"], Dialect(";", '"')) == "|"
    assert likely_delimiter(["a,b"], COMMA) == ""


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("Report 2025\nid,name\n1,Ann\n2,Bob\n", "its header may be line 2; declare `skip: 1`"),
        ("#x\n#y\nid,name\n1,Ann\n", "declare `comment: '#'`"),
        ("name\na;1\nb;2\n", "did you mean `delimiter: ';'`?"),
        ("a,b\n1,2\n", "check `delimiter`, `quote`, `escape` and `skip`"),
    ],
)
def test_a_file_whose_records_do_not_fit_says_what_to_declare(
    tmp_path: Path, content: str, hint: str
) -> None:
    text = tmp_path / "text"
    text.write_text(content)
    rejects = UnreadableRecords("a.csv")
    rejects.add(1, "1 field instead of 2", "x")
    columns = Header(("id", "name"), 0, 1, COMMA)
    check_fit(text, "a.csv", columns, 1, rejects)
    with pytest.raises(SourceError) as error:
        check_fit(text, "a.csv", columns, 0, rejects)
    assert error.value.message == (
        "a.csv: 1 of its 1 record does not fit the header, id, name; record 1: 1 field instead of 2"
    )
    assert (error.value.hint or "").startswith(hint)


def test_the_names_of_several_rows_are_joined(tmp_path: Path) -> None:
    content = 'A title\nid,2024,,2025,note\n\n,Q1,"Q\n2",Q1,note\n7,1,2,3,x\n'
    names = ("id", "2024 Q1", "2024 Q\n2", "2025 Q1", "note")
    assert header(tmp_path, content, skip=1, rows=2) == Header(
        names, above=5, lines=5, dialect=COMMA
    )
    three = header(tmp_path, "2024,,,\nQ1,,Q2,\na,b,a,b\n1,2,3,4\n", rows=3)
    assert three.columns == ("2024 Q1 a", "2024 Q1 b", "2024 Q2 a", "2024 Q2 b")
    assert three.lines == 3
    assert header(tmp_path, "a,,\nb,c,\n1,2,\n", rows=2).nameless == 1
