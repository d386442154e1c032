"""Retention removes what records name, and nothing that somebody else put next to it."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import medallion as md
from medallion.errors import CallError, StorageError
from medallion.ops.repair import repair
from medallion.ops.verify import Inspection
from medallion.storage import Storage
from medallion.storage.local import LocalStorage
from tests.example_counts import IS_SEARCH
from tests.integration import small

LAYERS = (
    "lake: ${LAKE}\nlayers:\n  bronze: {type: raw, retain: 1}\n  silver: {type: parquet, retain: 1}\n"
    "  gold: {type: parquet, retain: 1}\ntables:"
)
YAML = small.YAML.replace("tables:", LAYERS, 1).replace("sqlite:lake/", "sqlite:")


def project(folder: Path, lake: str, given: dict[str, Any]) -> md.Pipeline:
    small.write(folder, YAML.replace("${LAKE}", lake))
    return md.Pipeline(
        md.Pipeline.load(folder / "medallion.yaml").declaration, base=folder, options=given
    )


def beside(storage: Storage) -> set[str]:
    """Names next to everything that is in a lake: in each of its folders, and in each folder's own folders."""
    folders = {entry.path.rpartition("/")[0] for entry in storage.list("")}
    folders |= {folder.rpartition("/")[0] for folder in folders}
    names = ("part-1.parquet", ".DS_Store", ".a.part")
    return {
        f"{folder}/{name}".lstrip("/")
        for number, folder in enumerate(sorted(folders))
        for name in ("notes.txt", names[number % len(names)])
    }


def test_files_of_others_survive_runs_and_gc(
    tmp_path: Path, lake: tuple[str, dict[str, Any]]
) -> None:
    pipeline = project(tmp_path / "p", *lake)
    storage = pipeline.lake.storage
    pipeline.run()
    foreign = beside(storage)
    assert {"notes.txt", "bronze/orders/objects/notes.txt", "releases/notes.txt"} < foreign
    for path in foreign:
        storage.put(path, b"of somebody else")
    first = {entry.path for entry in storage.list("")} - foreign
    for day in range(1, 4):
        (tmp_path / "p/data/orders/2024-03.csv").write_text(
            small.MARCH.replace("03-01", f"03-0{day}")
        )
        assert pipeline.run().status == "succeeded"
    pipeline.collect()
    left = {entry.path for entry in storage.list("")}
    for path in foreign:
        assert storage.read(path)[0] == b"of somebody else"
    assert len(pipeline.lake.releases()) == 1
    gone = first - left
    assert any(path.startswith("gold/total/") for path in gone)
    assert any(path.startswith("silver/orders/") for path in gone)
    assert not storage.list("writes")
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL


def test_after_a_rollback_each_layer_keeps_its_newest_releases_and_the_current_one(
    tmp_path: Path,
) -> None:
    yaml = YAML.replace("${LAKE}", str(tmp_path / "lake")).replace(
        "parquet, retain: 1}\ntables", "parquet, retain: 9}\ntables"
    )
    pipeline = md.Pipeline.load(small.write(tmp_path / "p", yaml))
    first = pipeline.run().release
    for day in range(1, 4):
        (tmp_path / "p/data/orders/2024-03.csv").write_text(
            small.MARCH.replace("03-01", f"03-0{day}")
        )
        pipeline.run()
    pipeline.roll_back(first)
    pipeline.collect()
    silver = {
        release.id: release.tables["silver.orders"].files[0].path
        for release in pipeline.lake.releases()
    }
    assert len(silver) == 4
    storage = pipeline.lake.layer_storage("silver", pipeline.declaration.layers["silver"])
    assert {ident for ident, path in silver.items() if storage.info(path)} == {first, max(silver)}
    assert small.in_lake(pipeline) == small.in_store(pipeline)


def test_what_a_failed_run_wrote_goes_with_gc_alone(
    tmp_path: Path, lake: tuple[str, dict[str, Any]]
) -> None:
    pipeline = project(tmp_path / "p", *lake)
    pipeline.run()
    before = {entry.path for entry in pipeline.lake.storage.list("")}
    march = tmp_path / "p/data/orders/2024-03.csv"
    march.write_text(small.MARCH)
    yaml = (tmp_path / "p/medallion.yaml").read_text()
    gate = yaml.replace(
        "sum(amount)}}\nsinks", "sum(amount)}}\n      expect: [{row_count: {at_least: 9}}]\nsinks"
    )
    assert gate != yaml
    (tmp_path / "p/medallion.yaml").write_text(gate)
    failing = md.Pipeline(
        md.Pipeline.load(tmp_path / "p/medallion.yaml").declaration,
        base=tmp_path / "p",
        options=lake[1],
    )
    with pytest.raises(md.MedallionError, match="row"):
        failing.run()
    march.unlink()
    storage = pipeline.lake.storage
    litter = {entry.path for entry in storage.list("")} - before
    assert any(path.startswith("silver/orders/") for path in litter)
    assert any(path.startswith("bronze/orders/objects/") for path in litter)
    pipeline.discard("next")
    pipeline.collect()
    assert {
        path
        for path in {entry.path for entry in storage.list("")} - before
        if not path.startswith(
            ("runs/", "quarantine/", "touched/")
        )  # the run's record names its rejects
    } == set()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    assert pipeline.run().status == "unchanged"


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_removal_that_was_killed_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """At whatever write the removal is killed, what it was about to remove is still named by some record.

    After a write is before the next one: few of those are tried.
    """
    template = tmp_path / "template"
    pipeline = project(template, "lake", {})
    (template / "medallion.yaml").write_text(
        (template / "medallion.yaml").read_text().replace("retain: 1", "retain: 3")
    )
    pipeline = small.load(template)
    for day in range(1, 4):
        (template / "data/orders/2024-03.csv").write_text(
            small.MARCH.replace("03-01", f"03-0{day}")
        )
        pipeline.run()
    (template / "medallion.yaml").write_text(
        (template / "medallion.yaml").read_text().replace("retain: 3", "retain: 1")
    )
    shutil.copytree(template, tmp_path / "tidy")
    small.load(tmp_path / "tidy").collect()
    tidy = objects(tmp_path / "tidy")
    assert len(objects(template)) > len(tidy)
    for point in itertools.count(1, 4 if after and not IS_SEARCH else 1):
        folder = tmp_path / f"{point}"
        shutil.copytree(template, folder)
        with monkeypatch.context() as patch:
            die_at(patch, point, after=after)
            try:
                small.load(folder).collect()
            except Killed:
                pass
            else:
                break
        (folder / "lake/lease.json").unlink(
            missing_ok=True
        )  # this process lives on, which the dead one would not
        pipeline = small.load(folder)
        pipeline.collect()
        assert objects(folder) == tidy, point
        assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL
        shutil.rmtree(folder)
    assert point > 20


def objects(folder: Path) -> set[Path]:
    """Every file of a lake, but its lease and the serving database."""
    files = {path.relative_to(folder) for path in (folder / "lake").rglob("*") if path.is_file()}
    return {path for path in files if path.name != "lease.json"}


def die_at(patch: pytest.MonkeyPatch, point: int, *, after: bool) -> None:
    """Let the process end before or after the n-th time it writes or deletes an object."""
    seen = 0

    def struck(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: LocalStorage, path: str, *rest: Any) -> Any:
            nonlocal seen
            seen += path != "lease.json"
            if seen == point and not after:
                raise Killed
            value = method(self, path, *rest)
            if seen == point and after:
                raise Killed
            return value

        return call

    for name in ("put", "delete"):
        patch.setattr(LocalStorage, name, struck(getattr(LocalStorage, name)))


def test_a_plain_copy_overwrites_no_file_of_others(
    tmp_path: Path, lake: tuple[str, dict[str, Any]]
) -> None:
    pipeline = project(tmp_path / "p", *lake)
    pipeline.lake.storage.put("gold/total.parquet", b"of somebody else")
    with pytest.raises(CallError, match=r"gold/total\.parquet was not written by"):
        pipeline.run()
    assert pipeline.lake.current() is None
    assert pipeline.lake.storage.read("gold/total.parquet")[0] == b"of somebody else"
    pipeline.lake.storage.delete("gold/total.parquet")
    pipeline.run()
    assert pipeline.run().status == "unchanged"


JOURNAL = "writes/20240101-000000-000000-0.json"


def test_a_damaged_list_of_written_files_is_left_and_repaired(tmp_path: Path) -> None:
    pipeline = project(tmp_path, "lake", {})
    pipeline.run()
    pipeline.lake.storage.put(JOURNAL, b'{"run": 1')
    assert pipeline.collect().left == (JOURNAL,)
    assert [(damage.place, damage.advice) for damage in Inspection(pipeline).damages] == [
        (f"{tmp_path}/lake/{JOURNAL}", "medallion repair")
    ]
    assert [(item.outcome, item.place) for item in repair(pipeline)] == [
        ("repaired", f"{tmp_path}/lake/{JOURNAL}")
    ]
    assert pipeline.collect().left == ()
    assert not Inspection(pipeline, thorough=True).damages


FOREIGN_RECORDS = {
    "releases/xyz.json": b"{}",
    "releases/20240101.json": b'{"id": "20240101"}',
    "runs/zzz.json": b"not JSON",
    "runs/~20240101-000000-000000.json": b"[]",
    "snapshots/gold.total/notes.json": b"{}",
    "snapshots/notes.json": b"{}",
    "writes/notes-0.json": b"{}",
    "writes/zzz.json": b"",
}
FOREIGN_FILES = {
    "touched/notes.json": b"{}",
    "damaged/notes.json": b"{}",
    "quarantine/notes.json": b"{}",
}


def test_files_named_like_records_are_named_and_left(
    tmp_path: Path, lake: tuple[str, dict[str, Any]]
) -> None:
    """Also copies of records under names of their own, which are read as records otherwise."""
    pipeline = project(tmp_path / "p", *lake)
    storage = pipeline.lake.storage
    first = pipeline.run()
    copies = {
        f"releases/{first.release}-copy.json": storage.read(f"releases/{first.release}.json")[0],
        f"runs/{first.id} (1).json": storage.read(f"runs/{first.id}.json")[0],
    }
    named = FOREIGN_RECORDS | copies
    for path, data in (named | FOREIGN_FILES).items():
        storage.put(path, data)
    for day in range(1, 3):
        (tmp_path / "p/data/orders/2024-03.csv").write_text(
            small.MARCH.replace("03-01", f"03-0{day}")
        )
        assert pipeline.run().status == "succeeded"
    assert pipeline.collect().left == tuple(sorted(named))
    for path, data in (named | FOREIGN_FILES).items():
        assert storage.read(path)[0] == data
    assert [release.id for release in pipeline.lake.releases()] == [pipeline.lake.pointer().release]
    assert len(pipeline.lake.runs()) == 3
    assert Inspection(pipeline, thorough=True).damages == []
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL


def test_records_that_no_release_needs_and_nobody_can_read_are_left(
    tmp_path: Path, lake: tuple[str, dict[str, Any]]
) -> None:
    """A damaged record of a run that failed names rejects which no other record names: they stay."""
    pipeline = project(tmp_path / "p", *lake)
    pipeline.run()
    text = (tmp_path / "p/medallion.yaml").read_text()
    gated = text.replace(
        "quarantine}\n  gold:", "quarantine}\n        - {row_count: {at_least: 9}}\n  gold:"
    )
    assert gated != text
    (tmp_path / "p/medallion.yaml").write_text(gated)
    declaration = md.Pipeline.load(tmp_path / "p/medallion.yaml").declaration
    (tmp_path / "p/data/orders/2024-03.csv").write_text(small.MARCH)
    with pytest.raises(md.MedallionError, match="row"):
        md.Pipeline(declaration, base=tmp_path / "p", options=lake[1]).run()
    storage = pipeline.lake.storage
    failed = f"runs/{pipeline.lake.runs()[0].id}.json"
    release = "releases/20990101-000000-000000.json"
    storage.put(failed, storage.read(failed)[0][:-20])
    storage.put(release, b"cut")
    quarantine = {entry.path for entry in storage.list("quarantine")}
    assert pipeline.collect().left == (release, failed)
    assert {entry.path for entry in storage.list("quarantine")} == quarantine
    assert storage.read(release)[0] == b"cut"
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH


@pytest.mark.parametrize("path", ["lease.json", "lake.json", "plain.json", "shared/layer.json"])
def test_a_file_in_the_place_of_a_record_is_moved_and_not_overwritten(
    tmp_path: Path, path: str
) -> None:
    """Each hint leads on until the pipeline runs, and the file is still there."""
    layers = LAYERS.replace(
        "silver: {type: parquet", f"silver: {{type: parquet, path: {tmp_path}/lake/shared"
    )
    small.write(tmp_path, YAML.replace(LAYERS, layers).replace("${LAKE}", "lake"))
    file = tmp_path / "lake" / path
    file.parent.mkdir(parents=True)
    file.write_text('{"of": "somebody else"}')
    pipeline = small.load(tmp_path)
    for _ in range(3):
        try:
            pipeline.run()
            break
        except md.MedallionError as error:
            assert str(file) in error.message  # noqa: PT017
            {"medallion unlock": pipeline.unlock, "medallion adopt": pipeline.adopt}[
                re.search(r"medallion \w+", error.hint)[0]  # type: ignore[index]
            ]()
    assert pipeline.run().status == "unchanged"
    (aside,) = (tmp_path / "lake/damaged").rglob(file.name)
    assert aside.read_text() == '{"of": "somebody else"}'
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH


def test_files_of_others_in_scratch_folders_are_left(tmp_path: Path) -> None:
    pipeline = project(tmp_path, "lake", {})
    pipeline.run()
    scratch = tmp_path / "lake/.medallion-scratch"
    foreign = [
        scratch / name
        for name in ("notes.txt", "1/notes.txt", "2-notes/notes.txt", f"{'a' * 32}.part", ".x")
    ]
    ours = scratch / f"7-{'0' * 32}/orders-rejects.parquet"  # of a writer that was killed
    for path in (*foreign, ours):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("of somebody else")
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run()
    pipeline.collect()
    list(repair(pipeline))
    assert sorted(path for path in scratch.rglob("*") if path.is_file()) == sorted(foreign)


def test_half_written_files_of_others_are_left(tmp_path: Path) -> None:
    """Another lake in a folder of the lake, or data that lies in it, has half-written files of its own."""
    small.write(tmp_path, YAML.replace("${LAKE}", "."))
    pipeline = small.load(tmp_path)
    pipeline.run()
    name = f".2024-04.csv.{uuid4().hex}.part"
    foreign = [
        tmp_path / folder / name
        for folder in ("data/orders", "other/lake/gold", ".medallion-scratch/x")
    ]
    ours = [tmp_path / folder / name for folder in ("", "gold/total", "runs", "quarantine")]
    for path in (*foreign, *ours):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    assert pipeline.collect().parts == len(ours)
    assert [path.exists() for path in (*foreign, *ours)] == [True] * len(foreign) + [False] * len(
        ours
    )


def test_a_scratch_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    pipeline = project(tmp_path, "lake", {})
    pipeline.run()
    (tmp_path / "lake/.medallion-scratch").write_text("of somebody else")
    with pytest.raises(StorageError, match=r"lake/\.medallion-scratch: file exists"):
        pipeline.run()
    assert (tmp_path / "lake/.medallion-scratch").read_text() == "of somebody else"
