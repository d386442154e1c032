"""`unreadable: quarantine`: a file that cannot be read is set aside, and nothing else is lost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import GateError, SourceError, StorageError
from medallion.storage.local import LocalStorage

YAML = """\
name: uploads
tables:
  bronze:
    orders: {{source: "data/*.csv", unreadable: quarantine, schema: {schema}}}
  silver:
    orders: {{from: bronze.orders, {rule}steps: [{{cast: {{id: integer}}}}]}}
  gold:
    orders: {{from: silver.orders}}
"""
NOISE = random.Random(7).randbytes(500)


def project(folder: Path, schema: str = "evolve", rule: str = "") -> md.Pipeline:
    (folder / "data").mkdir(exist_ok=True)
    (folder / "medallion.yaml").write_text(YAML.format(schema=schema, rule=rule))
    return md.Pipeline.load(folder / "medallion.yaml")


def ids(pipeline: md.Pipeline) -> list[int]:
    return sorted(row["id"] for row in pipeline.store().find("orders", md.Query()).rows)


def set_aside(pipeline: md.Pipeline) -> dict[str, str]:
    rows = pipeline.quarantine("bronze.orders").to_arrow().to_pylist()
    assert all((row["rule"], row["record"]) == ("format", 1) for row in rows)
    return {row["file"]: row["value"] for row in rows}


@pytest.mark.parametrize("schema", ["evolve", "discard", "freeze"])
def test_a_file_is_set_aside_until_it_can_be_read(tmp_path: Path, schema: str) -> None:
    pipeline = project(tmp_path, schema)
    for number in range(1, 4):
        (tmp_path / f"data/{number}.csv").write_text(f"id\n{number}\n")
    (tmp_path / "data/0.csv").write_bytes(NOISE)
    (tmp_path / "data/9.csv").touch()
    run = pipeline.run()
    tally = run.steps[0].tallies[0]
    assert (tally.rows_in, tally.kept, tally.quarantined) == (5, 3, 2)
    assert run.steps[0].drift == ()
    assert ids(pipeline) == [1, 2, 3]
    assert set_aside(pipeline).keys() == {"data/0.csv", "data/9.csv"}
    assert "is empty" in set_aside(pipeline)["data/9.csv"]
    assert pipeline.run().status == "unchanged"
    (tmp_path / "data/9.csv").write_text("id\n9\n")
    pipeline.run()
    assert ids(pipeline) == [1, 2, 3, 9]
    assert set_aside(pipeline).keys() == {"data/0.csv"}
    (tmp_path / "data/2.csv").write_bytes(NOISE[::-1])  # a file that could be read before
    pipeline.run()
    assert ids(pipeline) == [1, 3, 9]


def test_a_table_whose_files_can_no_longer_be_read_keeps_its_columns(tmp_path: Path) -> None:
    pipeline = project(tmp_path)
    (tmp_path / "data/1.csv").write_bytes(NOISE)
    with pytest.raises(SourceError, match="has no records that can be read"):
        pipeline.run()
    (tmp_path / "data/1.csv").write_text("id\n1\n")
    pipeline.run()
    assert ids(pipeline) == [1]
    (tmp_path / "data/1.csv").write_bytes(NOISE)
    pipeline.run()
    assert ids(pipeline) == []
    assert [column.name for column in pipeline.lake.table("bronze.orders").columns] == ["id"]


BAD = "id\n1,2,3\n7\n8\n"  # one bad record in a file that can be read


@pytest.mark.parametrize(
    ("at_most", "message"),
    [
        ("1", r"2 of 5 files were quarantined, and 1 may be: data/0\.csv, data/9\.csv"),
        ("39%", r"2 of 5 files were quarantined, 40\.00 %, and 39 % may be: data/0\.csv, data/9"),
        ("2", ""),
        ("40%", ""),
    ],
)
def test_a_gate_counts_files_that_are_set_aside(tmp_path: Path, at_most: str, message: str) -> None:
    rule = f"{{quarantined: {{at_most: {at_most}, of: files}}}}"
    pipeline = project(tmp_path, rule=f"expect: [{rule}], ")
    for number in range(1, 3):
        (tmp_path / f"data/{number}.csv").write_text(f"id\n{number}\n")
    (tmp_path / "data/5.csv").write_text(BAD)
    (tmp_path / "data/9.csv").touch()
    (tmp_path / "data/0.csv").write_text("id\n3\n")
    first = pipeline.run()
    assert first.steps[0].tallies[0].quarantined == 2  # a record, and one of two files
    (tmp_path / "data/0.csv").write_bytes(NOISE)
    if not message:
        assert pipeline.run().status == "succeeded"
        return
    with pytest.raises(GateError, match=rf"silver\.orders: quarantined: {message}") as caught:
        pipeline.run()
    (failed,) = [step for step in caught.value.run.steps if step.error]
    assert (failed.table, "data/0.csv, data/9.csv" in str(failed.error)) == ("silver.orders", True)
    release = pipeline.lake.current()
    assert release is not None
    assert release.id == first.release
    (tmp_path / "data/9.csv").write_text("id\n9\n")
    pipeline.run()
    assert ids(pipeline) == [1, 2, 7, 8, 9]


def test_a_fault_of_the_storage_is_not_quarantined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = project(tmp_path)
    (tmp_path / "data/1.csv").write_text("id\n1\n")
    pipeline.run()
    (tmp_path / "data/2.csv").write_text("id\n2\n")
    opened = LocalStorage.open

    def unreachable(storage: LocalStorage, path: str) -> object:
        if path.endswith("2.csv"):
            raise StorageError(f"{path}: the disk does not answer")
        return opened(storage, path)

    with monkeypatch.context() as patch:
        patch.setattr(LocalStorage, "open", unreachable)
        with pytest.raises(StorageError, match="does not answer"):
            pipeline.run()
    assert ids(pipeline) == [1]
    pipeline.run()
    assert ids(pipeline) == [1, 2]
