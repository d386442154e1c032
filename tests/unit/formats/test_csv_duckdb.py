"""CSV read by DuckDB: what it may read, and the numbers of the records that it rejects."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from medallion.formats.csv_duckdb import CsvFile, LineCount, survey
from medallion.formats.csv_records import Dialect

COMMA = Dialect(",", '"')


def csv_file(
    folder: Path,
    connection: duckdb.DuckDBPyConnection,
    content: bytes,
    dialect: Dialect = COMMA,
    above: int = 0,
) -> CsvFile:
    """A file with a header `a,b` below `above` lines."""
    text = folder / "text"
    text.write_bytes(content)
    part = folder / "part"
    return CsvFile(text, "text", ("a", "b"), dialect, above, above + 1, part, connection)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n1,2\n", LineCount(2, False)),
        (b"a,b\n1,2", LineCount(2, False)),
        (b"a,b\r\n1,2\r\n\r\n\n", LineCount(2, False)),
        (b"a,b\n\n1,2\n", LineCount(3, False)),
        (b'a,b\n"1\n2",3\n', LineCount(3, True)),
        (b"a,b\n1,\0\n", None),
        (b"a,b\r1,2\r", None),
        (b"a,b\r\n1,2\r3,4\r\n", None),
    ],
)
def test_lines_are_counted_unless_duckdb_would_misread_them(
    tmp_path: Path, content: bytes, expected: LineCount | None
) -> None:
    (tmp_path / "text").write_bytes(content)
    assert survey(tmp_path / "text", COMMA) == expected


def test_escapes_and_quotes_that_duckdb_reads_differently_are_left_to_the_careful_reader(
    tmp_path: Path,
) -> None:
    text = tmp_path / "text"
    text.write_bytes(b'a,b\n1,\\"2\n')
    assert survey(text, Dialect(",", '"', "\\")) is None
    assert survey(text, Dialect(",", "»")) is None
    text.write_bytes(b'a,b\n1,"2"\n')
    assert survey(text, Dialect(",", '"', "\\")) == LineCount(2, True)
    assert survey(text, Dialect(",", "")) == LineCount(2, False)


def test_rows_are_written_in_order_as_text(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    content = 'a,b\n007,"x, ""y"""\n,""\nNA,é\n"NA",2\n'.encode()
    file = csv_file(tmp_path, connection, content, Dialect(",", '"', nulls=("NA",)))
    result = file.read()
    assert result is not None
    assert (result[0], result[1].all()) == (4, ())
    rows = connection.execute(f"from read_parquet('{file.part}')").fetchall()
    assert rows == [("007", 'x, "y"'), (None, ""), (None, "é"), ("NA", "2")]


def test_lines_above_the_header_are_skipped_unless_one_has_a_quote(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    file = csv_file(tmp_path, connection, b"Report\na,b\n1,2\n", above=1)
    result = file.read()
    assert result is not None
    assert connection.execute(f"from read_parquet('{file.part}')").fetchall() == [("1", "2")]
    quoted = csv_file(tmp_path, connection, b'Our "report\na,b\n1,2\n', above=1)
    assert quoted.read() is None


def test_records_of_another_width_are_rejected_by_number_in_either_kind_of_line_end(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    for end in (b"\n", b"\r\n"):
        file = csv_file(tmp_path, connection, end.join([b"a,b", b"1", b"2,3", b"4,5,6", b"7,8"]))
        result = file.read()
        assert result is not None
        assert result[0] == 2
        assert result[1].all() == (
            (1, "1 field instead of 2", "1"),
            (3, "3 fields instead of 2", "4,5,6"),
        )


def test_a_record_number_does_not_count_line_breaks_in_values(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    file = csv_file(tmp_path, connection, b'a,b\n"1\n1\n1",2\n3,"4\n4"\n5\n6,7\n')
    result = file.read()
    assert result is not None
    assert (result[0], result[1].all()) == (3, ((3, "1 field instead of 2", "5"),))


@pytest.mark.parametrize(
    "content",
    [b'a,b\n1,"x\n2,z\n3,w', b'a,b\n1,"x"y\n2,z\n', b"a,b\n1,\xff\n"],
    ids=["unclosed quote", "text after a quote", "not UTF-8"],
)
def test_a_file_that_the_careful_reader_must_judge_is_not_accepted(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, content: bytes
) -> None:
    assert csv_file(tmp_path, connection, content).read() is None
    assert connection.execute("show tables").fetchall() == []


def test_a_few_ragged_records_among_many_are_numbered_by_duckdb(tmp_path, connection):
    lines = [f"{number},x" for number in range(200_000)]
    broken = {7: "7", 8: "8,x,y", 100_000: '1,"x",3', 199_999: "q"}
    for at, line in broken.items():
        lines[at] = line
    text = tmp_path / "text"
    text.write_text("a,b\n" + "\n".join(lines))
    found = CsvFile(
        text, "text", ("a", "b"), Dialect(",", '"'), 0, 1, tmp_path / "part", connection
    ).read()
    assert found is not None
    assert found[0] == 199_996
    assert [(number, raw) for number, _, raw in found[1].all()] == [
        (at + 1, line) for at, line in broken.items()
    ]


def test_ragged_records_among_quoted_line_breaks_are_numbered_by_duckdb(tmp_path, connection):
    records = ['1,"x\ny\nz"' if number % 3 else "2,y" for number in range(200_000)]
    broken = {0: "7", 8: "8,x,y", 9: "q", 100_000: '1,"x",3', 199_999: "q"}
    for at, record in broken.items():
        records[at] = record
    text = tmp_path / "text"
    text.write_text("a,b\n" + "\n".join(records))
    found = CsvFile(
        text, "text", ("a", "b"), Dialect(",", '"'), 0, 1, tmp_path / "part", connection
    ).read()
    assert found is not None
    assert found[0] == 199_995
    assert [(number, raw) for number, _, raw in found[1].all()] == [
        (at + 1, record) for at, record in broken.items()
    ]
