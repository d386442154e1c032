"""`medallion.lineage.source_records`: records by the ids of rows."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import medallion as md
from medallion.declaration.models import Declaration
from medallion.lineage.source_records import source_records

FILES = 5


def test_records_of_few_files_have_the_ids_that_they_were_asked_by(tmp_path: Path) -> None:
    for number in range(FILES):
        text = "id,name\n" + "".join(f"{number}{line},n{number}\n" for line in range(3))
        (tmp_path / f"{number}.csv").write_text(text + ("torn\n9,n\n" if number == 3 else ""))
    tables = {"bronze": {"names": {"source": "*.csv"}}}
    declared = {"name": "records", "lake": "lake", "tables": tables}
    pipeline = md.Pipeline(Declaration.model_validate(declared), base=tmp_path)
    pipeline.run()
    source = pipeline.lake.input(pipeline.lake.current().tables["bronze.names"])
    connection = duckdb.connect()
    rows = source.layer.read(source.storage, source.snapshot, connection)
    ids = rows.filter("id in ('12', '42', '9')").project("_row")
    expected = rows.project("_row, id").fetchall()

    records = source_records(source, ids, connection).order("_row").fetchall()

    assert [(file, record) for _, file, record, _ in records] == [
        ("1.csv", 3),
        ("3.csv", 5),
        ("4.csv", 3),
    ]
    by_id = dict(expected)
    assert [by_id[row] for row, *_ in records] == ["12", "9", "42"]
    assert source_records(source, ids.limit(0), connection).fetchall() == []
    assert records[0][3] == '{"id":"12","name":"n1"}'


def test_only_source_files_have_records(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n")
    tables = {
        "bronze": {"a": {"source": "a.csv"}},
        "silver": {"a": {"from": "bronze.a"}},
    }
    declared = {"name": "records", "lake": "lake", "tables": tables}
    pipeline = md.Pipeline(Declaration.model_validate(declared), base=tmp_path)
    pipeline.run()
    source = pipeline.lake.input(pipeline.lake.current().tables["silver.a"])
    connection = duckdb.connect()

    with pytest.raises(TypeError, match=r"silver\.a is not a table of source files"):
        source_records(source, connection.sql("select 1::bigint as _row"), connection)
