"""CSV files whose records are lines are read together; all others are left out."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from medallion.contracts import LocalFile, Parsed, ParsedTogether
from medallion.formats.csv import Csv

PLAIN = b"a,b\n1,x\n2,y\n"


def together(
    folder: Path, connection: duckdb.DuckDBPyConnection, form: Csv, *contents: bytes
) -> list[ParsedTogether]:
    files = []
    for number, content in enumerate(contents):
        path = folder / f"{number}.csv"
        path.write_bytes(content)
        files.append(LocalFile(path, path.name))
    out = folder / "out"
    out.mkdir()
    results = list(form.parse_together(files, out, connection))
    assert set(out.iterdir()) == {result.target for result in results}
    return results


def test_each_record_has_the_place_of_its_file_and_its_position(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    contents = (PLAIN, b"a,b\r\n,\r\n", b"\xef\xbb\xbfa,b\n", b'a,b\n"p,q","r""s"\n\n')
    (result,) = together(tmp_path, connection, Csv(), *contents)
    assert [parsed.rows for parsed in result.files.values()] == [2, 1, 0, 1]
    assert result.files[2].warnings == ("has a header but no records",)
    assert connection.sql(f"from '{result.target}' order by all").fetchall() == [
        (0, "1", "x"),
        (1, "2", "y"),
        (1 << 34, None, None),
        (3 << 34, "p,q", 'r"s'),
    ]


def test_files_with_other_headers_are_read_apart(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    results = together(tmp_path, connection, Csv(), PLAIN, b"b,a\n1,2\n", PLAIN, b"b,a\n3,4\n")
    assert [list(result.files) for result in results] == [[0, 2], [1, 3]]
    assert all(isinstance(parsed, Parsed) for result in results for parsed in result.files.values())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,a\n1,2\n",
        b"a\n1\n",
        b"a,b,\n1,2,\n",
        b"a,b\n1,x\n\n2,y\n",
        b"a,b\n1,x\r2,y\n",
        b"a,b\n1,\0\n",
        b"a,b\n1\n2,y\n",
        b"a,b\n1,2,3\n2,y\n",
        b"a,b\nA , B\n1,x\n",
        b'a,b\n"1\n2",x\n',
        b'a,b\n"1,x\n',
        b"a,b\n1,\xff\n",
    ],
)
def test_a_file_whose_records_may_be_other_than_its_lines_is_left_out(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, content: bytes
) -> None:
    results = together(tmp_path, connection, Csv(), PLAIN, PLAIN, content, PLAIN, PLAIN)
    assert sorted(number for result in results for number in result.files) == [0, 1, 3, 4]


@pytest.mark.parametrize(
    ("form", "content"),
    [
        (Csv(comment="#"), b"a,b\n#,x\n"),
        (Csv(escape="\\"), b"a,b\n1,\\x\n"),
        (Csv(quote="", null=("1",)), PLAIN),
    ],
)
def test_a_dialect_that_decides_more_than_lines(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, form: Csv, content: bytes
) -> None:
    assert together(tmp_path, connection, form, content, content) == []
