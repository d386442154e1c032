"""CSV files as spreadsheets save them."""

from __future__ import annotations

import csv

import pytest

from medallion.errors import DataError
from medallion.export.cell_text import RewritableText
from medallion.export.edited_csv import read_csv


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a,_reject\n1,x\n", [["a", "_reject"], ["1", "x"]]),
        ("a\t_reject\n1\tx\n", [["a", "_reject"], ["1", "x"]]),
        ('"a;b;c;d",_REJECT_\n1,x\n', [["a;b;c;d", "_REJECT_"], ["1", "x"]]),
        ('a, b, c;_reject\n"1,5";x\n', [["a, b, c", "_reject"], ["1,5", "x"]]),
        ('"a\nb";_reject\n1;x\n', [["a\nb", "_reject"], ["1", "x"]]),
        ('"a,b";"c";_reject\n1;2;x\n', [["a,b", "c", "_reject"], ["1", "2", "x"]]),
        ("sep=;\r\na,b;_reject\r\n1;x\r\n", [["a,b", "_reject"], ["1", "x"]]),
        ('"sep=|"\na|_reject\n1|x\n', [["a", "_reject"], ["1", "x"]]),
        ("a;b\n1;2\n", [["a", "b"], ["1", "2"]]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_delimiter_separates_the_column_that_identifies_a_row(
    text: str, lines: list[list[str]], encoding: str
) -> None:
    read = read_csv(text.encode(encoding), "rows.csv", "_reject")
    assert read == lines
    assert {type(cell) for line in read for cell in line} == {RewritableText}


def test_a_cell_of_any_length_is_read_and_the_limit_of_python_is_kept() -> None:
    limit = csv.field_size_limit()
    long = "x" * (limit + 1)
    assert read_csv(f"a,_reject\n{long},y\n".encode(), "rows.csv", "_reject")[1][0] == long
    with pytest.raises(DataError, match="unexpected end of data"):
        read_csv(f'a,_reject\n"{long},y\n'.encode(), "rows.csv", "_reject")
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("a,_reject\n1,x".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        ("a,_reject\n1,x".encode("utf-16-be"), "UTF-16 without a byte order mark"),
        ("a,_reject\n1,x".encode("utf-16")[:-1], "is not UTF-16, at byte 26"),
        ("a,_reject\nZoë,x".encode("cp1252"), "is not UTF-8, at byte 12"),
    ],
)
def test_another_encoding_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as error:
        read_csv(data, "rows.csv", "_reject")
    assert "CSV UTF-8" in error.value.hint
