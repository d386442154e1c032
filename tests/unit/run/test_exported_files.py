"""Exported files have the published release, whatever happened to them and to the release."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

import medallion as md
from medallion.errors import CallError, DataError
from medallion.export import xlsx
from medallion.ops.repair import repair
from medallion.ops.verify import Inspection
from medallion.run.exported_files import ABOUT, EXPORTS
from medallion.storage.digests import forget_digests
from tests.unit.run.conftest import Project, declare, write

EXPORT: list[Any] = ["out/shop.duckdb", {"file": "totals.xlsx", "tables": ["totals"]}]
MORE = {"orders/c.csv": "id,client,amount\n4,z,40\n"}


@pytest.fixture
def pipeline(project: Project) -> md.Pipeline:
    return project(export=EXPORT)


def in_database(folder: Path) -> tuple[str, list[tuple[Any, ...]]]:
    """The release of the exported database, and its table `totals`."""
    with duckdb.connect(str(folder / "out/shop.duckdb"), read_only=True) as connection:
        ((release,),) = connection.sql("select release from medallion.release").fetchall()
        assert {name for (name,) in connection.sql("show tables").fetchall()} == {
            "totals",
            "clients",
        }
        return release, connection.sql("from totals order by client").fetchall()


def in_workbook(folder: Path) -> tuple[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(folder / "totals.xlsx")
    assert book.sheetnames == ["totals", ABOUT]
    facts = dict(book[ABOUT].values)
    return facts["release"], sorted(list(book["totals"].values)[1:])


def check(folder: Path, release: str | None, rows: list[tuple[Any, ...]]) -> None:
    assert in_database(folder) == in_workbook(folder) == (release, rows)


def test_files_follow_runs_and_rollbacks(pipeline: md.Pipeline, tmp_path: Path) -> None:
    first = pipeline.run().release
    check(tmp_path, first, [("x", 10), ("y", 20)])
    before = (tmp_path / "out/shop.duckdb").stat().st_mtime_ns
    assert pipeline.run().status == "unchanged"
    assert (tmp_path / "out/shop.duckdb").stat().st_mtime_ns == before
    write(tmp_path, MORE)
    second = pipeline.run().release
    check(tmp_path, second, [("x", 10), ("y", 20), ("z", 40)])
    pipeline.roll_back()
    check(tmp_path, first, [("x", 10), ("y", 20)])


def test_files_follow_a_published_candidate_only(pipeline: md.Pipeline, tmp_path: Path) -> None:
    first = pipeline.run().release
    write(tmp_path, MORE)
    pipeline.run(candidate="next")
    check(tmp_path, first, [("x", 10), ("y", 20)])
    release = pipeline.publish("next")
    check(tmp_path, release.id, [("x", 10), ("y", 20), ("z", 40)])


def test_a_lost_or_changed_file_is_written_again(pipeline: md.Pipeline, tmp_path: Path) -> None:
    release = pipeline.run().release
    (tmp_path / "out/shop.duckdb").unlink()
    with (tmp_path / "totals.xlsx").open("ab") as file:
        file.write(b"more")
    assert pipeline.run().status == "unchanged"
    check(tmp_path, release, [("x", 10), ("y", 20)])


def test_an_export_that_is_declared_later_is_written(project: Project, tmp_path: Path) -> None:
    release = project().run().release
    assert not (tmp_path / "lake" / EXPORTS).exists()
    assert md.Pipeline(declare(export=EXPORT), base=tmp_path).run().status == "unchanged"
    check(tmp_path, release, [("x", 10), ("y", 20)])


def test_a_description_is_part_of_the_file(project: Project, tmp_path: Path) -> None:
    pipeline = project(export=EXPORT)
    pipeline.run()
    tables = {name: dict(group) for name, group in pipeline.declaration.tables.items()}
    described = tables["gold"]["totals"].model_copy(update={"description": "By client"})
    tables["gold"]["totals"] = described
    md.Pipeline(declare(export=EXPORT, tables=tables), base=tmp_path).run()
    book = openpyxl.load_workbook(tmp_path / "totals.xlsx")
    assert dict(book[ABOUT].values)["totals"] == "By client"


def test_a_file_of_someone_else_is_not_overwritten(project: Project, tmp_path: Path) -> None:
    (tmp_path / "totals.xlsx").write_bytes(b"mine")
    with pytest.raises(CallError, match=r"totals\.xlsx was not written by medallion") as caught:
        project(export=EXPORT).run()
    assert "choose another name" in caught.value.hint
    assert (tmp_path / "totals.xlsx").read_bytes() == b"mine"


def test_two_pipelines_do_not_share_a_file(project: Project, tmp_path: Path) -> None:
    project(export=EXPORT).run()
    other = declare(name="other", lake="other", export=EXPORT, sinks={"db": {"url": "sqlite:o.db"}})
    with pytest.raises(CallError, match="was not written by medallion"):
        md.Pipeline(other, base=tmp_path).run()


@contextmanager
def small_sheets(patch: pytest.MonkeyPatch) -> Iterator[None]:
    with patch.context() as context:
        context.setattr(xlsx, "MOST_ROWS", 3)
        yield


def test_a_table_that_a_sheet_cannot_hold_fails_before_publication(
    pipeline: md.Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pipeline.run().release
    write(tmp_path, MORE)
    with small_sheets(monkeypatch):
        with pytest.raises(DataError, match=r"export totals\.xlsx: a sheet holds 2 rows") as caught:
            pipeline.run()
        assert ".duckdb" in caught.value.hint
        check(tmp_path, first, [("x", 10), ("y", 20)])
        assert pipeline.lake.pointer().release == first
    second = pipeline.run().release
    check(tmp_path, second, [("x", 10), ("y", 20), ("z", 40)])


@pytest.mark.parametrize("target", ["out/shop.duckdb", "totals.xlsx", f"lake/{EXPORTS}"])
def test_damage_is_found_and_repaired(pipeline: md.Pipeline, tmp_path: Path, target: str) -> None:
    release = pipeline.run().release
    data = bytearray((tmp_path / target).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / target).write_bytes(data)
    forget_digests()
    damages = Inspection(pipeline).damages
    assert [damage.kind for damage in damages] == ["export"]
    assert damages[0].place == str(tmp_path / target)
    repairs = list(repair(pipeline))
    assert [item.outcome for item in repairs] == ["repaired"]
    forget_digests()
    assert not Inspection(pipeline).damages
    check(tmp_path, release, [("x", 10), ("y", 20)])


def test_a_table_that_is_no_longer_exported_leaves_the_file(
    pipeline: md.Pipeline, tmp_path: Path
) -> None:
    pipeline.run()
    less = declare(export=[{"file": "out/shop.duckdb", "tables": ["clients"]}])
    md.Pipeline(less, base=tmp_path).run()
    with duckdb.connect(str(tmp_path / "out/shop.duckdb"), read_only=True) as connection:
        assert connection.sql("show tables").fetchall() == [("clients",)]
    assert (tmp_path / "totals.xlsx").exists()


def test_a_copy_of_the_project_writes_its_own_files(pipeline: md.Pipeline, tmp_path: Path) -> None:
    """Paths are relative to the declaration, also those in the record."""
    pipeline.run()
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path, copy, ignore=shutil.ignore_patterns("copy"))
    write(copy, MORE)
    release = md.Pipeline(declare(export=EXPORT), base=copy).run().release
    check(copy, release, [("x", 10), ("y", 20), ("z", 40)])
    assert in_workbook(tmp_path)[1] == [("x", 10), ("y", 20)]
