"""CSV record by record: fields, faults and the numbers of lines."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.errors import SourceError
from medallion.formats.csv_records import CsvRecord, Dialect, LineSplitter, Splitter, fit, misfit

COMMA = Dialect(",", '"')
BACKSLASH = Dialect(",", '"', "\\")


def records(
    folder: Path | str, content: bytes, dialect: Dialect = COMMA, skip: int = 0
) -> list[CsvRecord]:
    text = Path(folder, "text")
    text.write_bytes(content)
    return list(Splitter(text, "a.csv", dialect, skip))


def test_a_value_is_null_only_without_quotes() -> None:
    dialect = Dialect(",", '"', nulls=("NA",))
    assert [dialect.value(text, quoted=False) for text in ("", "NA", "na", '""')] == [
        None,
        None,
        "na",
        '""',
    ]
    assert [dialect.value(text, quoted=True) for text in ("", "NA", 'a""b')] == ["", "NA", 'a"b']


def test_an_escape_makes_a_quote_a_delimiter_or_itself_literal() -> None:
    assert BACKSLASH.value(r"a\"b\,c\\d\n", quoted=True) == r'a"b,c\d\n'
    assert BACKSLASH.value(r"a\,b", quoted=False) == "a,b"
    assert BACKSLASH.value(r'a""b\"', quoted=True) == 'a"b"'
    assert BACKSLASH.value(r'a""b\"', quoted=False) == 'a""b"'


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("a,,c", ["a", None, "c"]),
        ('"a,b", "c" ,d"e', ["a,b", "c", 'd"e']),
        ('"say ""hi""",""', ['say "hi"', ""]),
        ("", [None]),
        ("é,😀\r\n", ["é", "😀"]),
    ],
)
def test_a_line_is_split_at_delimiters_outside_quotes(line: str, fields: list[str | None]) -> None:
    record = LineSplitter(COMMA).split(7, line)
    assert record == CsvRecord(line.rstrip("\r\n"), 7, fields)


def test_a_line_that_is_not_a_record_has_a_fault_or_needs_the_next_lines() -> None:
    splitter = LineSplitter(COMMA)
    assert splitter.split(1, "a\rb,c") == CsvRecord(
        "a\rb,c", 1, None, "a line break outside quotes"
    )
    assert splitter.split(1, 'a\rb,"c"') == CsvRecord(
        'a\rb,"c"', 1, None, "a line break outside quotes"
    )
    assert splitter.split(1, "a,\0") == CsvRecord("a,\0", 1, None, "contains a NUL byte")
    assert splitter.split(1, 'a,"b') is None
    assert splitter.split(1, '"a"b,c') is None


def test_records_keep_their_first_line_and_blank_lines_and_comments_are_ignored(
    tmp_path: Path,
) -> None:
    content = b'skipped,"\n\n# a comment, "\na,b\n"1\n2",3\n \r\n#4,5\n6,7'
    dialect = Dialect(",", '"', comment="#")
    assert records(tmp_path, content, dialect, skip=1) == [
        CsvRecord("a,b", 4, ["a", "b"]),
        CsvRecord('"1\n2",3', 5, ["1\n2", "3"]),
        CsvRecord(" ", 7, [" "]),
        CsvRecord("6,7", 9, ["6", "7"]),
    ]


def test_a_stray_quote_does_not_consume_the_rest_of_the_file(tmp_path: Path) -> None:
    assert records(tmp_path, b'1,"x\n2,y\n3,z\n') == [
        CsvRecord('1,"x', 1, None, "an unclosed quote"),
        CsvRecord("2,y", 2, ["2", "y"]),
        CsvRecord("3,z", 3, ["3", "z"]),
    ]
    assert records(tmp_path, b'1,"x\n2,"y"\n3,z\n') == [
        CsvRecord('1,"x', 1, None, "text after a closing quote"),
        CsvRecord('2,"y"', 2, ["2", "y"]),
        CsvRecord("3,z", 3, ["3", "z"]),
    ]


def test_old_mac_line_ends_and_escaped_line_breaks(tmp_path: Path) -> None:
    assert records(tmp_path, b"a,b\r1,2\r") == [
        CsvRecord("a,b", 1, ["a", "b"]),
        CsvRecord("1,2", 2, ["1", "2"]),
    ]
    assert records(tmp_path, b'1,"a\\"\nb"\n', BACKSLASH) == [
        CsvRecord('1,"a\\"\nb"', 1, ["1", 'a"\nb'])
    ]


def test_bytes_that_cannot_be_decoded_are_reported_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="line 2: byte 0xeb is not utf-8"):
        records(tmp_path, b"a,b\n1,Zo\xeb\n")


CELL = st.text(st.sampled_from("a1 ,;\"'\n\té😀"), max_size=6).filter(
    lambda cell: ' "' not in cell and '" ' not in cell
)


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=5))
def test_what_the_standard_library_writes_is_read_back(table: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(table)
    with TemporaryDirectory() as folder:
        assert [record.fields for record in records(folder, out.getvalue().encode())] == table


def test_extra_fields_fit_if_they_are_empty() -> None:
    assert fit(["1", "2"], 2) == ["1", "2"]
    assert fit(["1", "2", None, None], 2) == ["1", "2"]
    assert fit(["1", "2", ""], 2) is None
    assert fit(["1"], 2) is None
    assert fit(None, 2) is None
    assert misfit(["1"], 2) == "1 field instead of 2"
    assert misfit(["1"] * 3, 1_000) == "3 fields instead of 1,000"
