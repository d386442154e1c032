"""The fast reader of CSV and the careful one read the same from any file."""

from __future__ import annotations

import csv
import io
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.example_counts import examples

from medallion.formats.csv import _read_carefully
from medallion.formats.csv_duckdb import CsvFile
from medallion.formats.csv_header import Header
from medallion.formats.csv_records import Dialect, Splitter
from medallion.formats.unreadable_records import UnreadableRecords

PIECES = ["a", "1", " ", '"', "'", ",", ";", "\n", "\r\n", "\t", "é", "😀"]
CELL = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
TABLE = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=6)
)


@settings(
    max_examples=examples(60, 150),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    table=TABLE,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quote=st.sampled_from(['"', "'"]),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_both_readers_agree_on_every_clean_file(connection, table, delimiter, quote, end, quoting):
    width = len(table[0]) if table else 2
    columns = tuple("abcd"[:width])
    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=delimiter, quotechar=quote, lineterminator=end, quoting=quoting
    )
    writer.writerows([columns, *table])
    with TemporaryDirectory() as folder:
        text, fast, careful = (
            Path(folder, name) for name in ("text", "fast.parquet", "careful.parquet")
        )
        text.write_bytes(out.getvalue().encode())
        dialect, rejects = Dialect(delimiter, quote), UnreadableRecords("text")
        records = islice(Splitter(text, "text", dialect), 1, None)
        count = _read_carefully(records, Header(columns, 0, 1, dialect), careful, rejects)
        rows = connection.execute(f"from read_parquet('{careful}')").fetchall()
        assert len(rejects) == 0
        assert count == len(table)
        # A space before a quote is not part of the value, and csv.writer does not quote for it.
        if not any(f" {quote}" in cell or f"{quote} " in cell for row in table for cell in row):
            assert [[cell or "" for cell in row] for row in rows] == table
        found = CsvFile(text, "text", columns, dialect, 0, 1, fast, connection).read()
        if found:
            assert (found[0], found[1].all()) == (len(table), ())
            assert connection.execute(f"from read_parquet('{fast}')").fetchall() == rows


RAGGED = st.lists(
    st.sampled_from([",", "a", '"b"', '"c,d"', '"e\nf"', '"g', "\n", "\n1,2\n", "\n1,2\n"]),
    max_size=20,
)


@settings(
    max_examples=examples(100, 300),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    pieces=RAGGED,
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
    header=st.booleans(),
)
def test_both_readers_agree_on_ragged_files(connection, pieces, end, mark, header):
    content = f"{mark}x,y\n" + "".join(pieces)
    with TemporaryDirectory() as folder:
        text, fast, careful = (
            Path(folder, name) for name in ("text", "fast.parquet", "careful.parquet")
        )
        text.write_bytes(content.replace("\n", end).encode())
        dialect, rejects = Dialect(",", '"'), UnreadableRecords("text")
        found = CsvFile(text, "text", ("a", "b"), dialect, 0, int(header), fast, connection).read()
        if found:
            records = islice(Splitter(text, "text", dialect), int(header), None)
            assert found[0] == _read_carefully(
                records, Header(("a", "b"), 0, 1, dialect), careful, rejects
            )
            assert found[1].all() == rejects.all()
            kept = [
                connection.execute(f"from read_parquet('{path}')").fetchall()
                for path in (fast, careful)
            ]
            assert kept[0] == kept[1]


def test_quoted_line_breaks_all_through_a_large_file(tmp_path, connection):
    text = tmp_path / "text"
    text.write_text("a,b\n" + '1,"x\n2,y\n3,z\n"\n' * 1_500_000)
    found = CsvFile(
        text, "text", ("a", "b"), Dialect(",", '"'), 0, 1, tmp_path / "part", connection
    ).read()
    assert found is not None
    assert (found[0], len(found[1])) == (1_500_000, 0)
