"""The columns of source files before a run are those that the run finds."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medallion.pipeline import Pipeline

YAML = """\
name: shop
tables:
  bronze: {{t: {{source: "{source}"{more}}}}}
  gold: {{t: {{from: bronze.t}}}}
"""


def write(folder: Path) -> None:
    (folder / "a.csv").write_text("id,name\n1,Ann\n")
    (folder / "b.csv").write_text("id,town\n1,Oslo\n")
    (folder / "a.ndjson").write_text('{"id": 1, "tags": ["x"]}\n{"id": 2.5}\n')
    table = pa.table({"id": pa.array([1], pa.int32()), "day": pa.array([0], pa.duration("s"))})
    pq.write_table(table, folder / "a.parquet")


@pytest.mark.parametrize(
    ("source", "more"),
    [
        ("a.csv", ""),
        ("[ab].csv", ""),
        ("[ab].csv", ", columns: [id], schema: discard"),
        ("a.csv", ", aliases: {key: id}, add: {file: name, n: record, at: modified}"),
        ("a.ndjson", ""),
        ("a.parquet", ""),
        ("a.parquet", ", add: {file: path}"),
    ],
)
def test_headers_give_the_columns_and_types_of_a_run(
    tmp_path: Path, source: str, more: str
) -> None:
    write(tmp_path)
    (tmp_path / "medallion.yaml").write_text(YAML.format(source=source, more=more))
    pipeline = Pipeline.load(tmp_path / "medallion.yaml")
    checked = pipeline.check()
    assert checked.problems == ()
    pipeline.run()
    release = pipeline.lake.current()
    assert release is not None
    for name in ("bronze.t", "gold.t"):
        known = checked.tables[name].columns
        assert known is not None
        run = release.tables[name].columns
        assert [(c.name, c.type) for c in known] == [(c.name, c.type) for c in run]


def test_without_its_files_a_table_has_the_columns_of_the_last_release(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "medallion.yaml").write_text(YAML.format(source="a.csv", more=""))
    pipeline = Pipeline.load(tmp_path / "medallion.yaml")
    (tmp_path / "a.csv").rename(tmp_path / "elsewhere.csv")
    table = pipeline.check().tables["bronze.t"]
    assert (table.columns, table.unknown) == (
        None,
        "no file matches a.csv",
    )
    (tmp_path / "elsewhere.csv").rename(tmp_path / "a.csv")
    pipeline.run()
    (tmp_path / "a.csv").unlink()
    columns = pipeline.check().tables["bronze.t"].columns
    assert columns is not None
    assert [column.name for column in columns] == ["id", "name"]


def test_a_file_that_a_run_would_refuse_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id;name\n1;Ann\n")
    (tmp_path / "medallion.yaml").write_text(YAML.format(source="a.csv", more=""))
    (problem,) = Pipeline.load(tmp_path / "medallion.yaml").check().problems
    assert problem.path == "tables.bronze.t.source"
    assert "did you mean `delimiter: ';'`?" in problem.message
