"""Retention removes what records name, and nothing that somebody else put next to it."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.errors import CallError, DamagedError
from medallion.ops.repair import repair
from medallion.ops.verify import Inspection
from medallion.storage import Storage
from medallion.storage.local import LocalStorage
from tests.buckets import empty_bucket, make_bucket, options
from tests.integration import small
from tests.services import Service

LAYERS = (
    "lake: ${LAKE}\nlayers:\n  bronze: {type: raw, retain: 1}\n  silver: {type: parquet, retain: 1}\n"
    "  gold: {type: parquet, retain: 1}\ntables:"
)
YAML = small.YAML.replace("tables:", LAYERS, 1).replace("sqlite:lake/", "sqlite:")


@pytest.fixture(params=["disk", "s3"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The URL of an empty lake, and how to reach it."""
    if request.param == "disk":
        yield str(tmp_path / "lake"), {}
        return
    service: Service = request.getfixturevalue("s3_server")
    bucket = make_bucket(service)
    yield f"s3://{bucket}/lake", options(service)
    empty_bucket(service, bucket)


def project(folder: Path, lake: str, given: dict[str, Any]) -> md.Pipeline:
    small.write(folder, YAML.replace("${LAKE}", lake))
    return md.Pipeline(
        md.Pipeline.load(folder / "medallion.yaml").declaration, base=folder, options=given
    )


def beside(storage: Storage) -> set[str]:
    """Names next to everything that is in a lake: in each of its folders, and in each folder's own folders."""
    folders = {entry.path.rpartition("/")[0] for entry in storage.list("")}
    folders |= {folder.rpartition("/")[0] for folder in folders}
    names = ("notes.txt", "part-1.parquet", ".DS_Store", ".a.part")
    return {f"{folder}/{name}".lstrip("/") for folder in folders for name in names}


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
    """At whatever write the removal is killed, what it was about to remove is still named by some record."""
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
    for point in itertools.count(1):
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


def test_a_damaged_list_of_written_files_is_reported(tmp_path: Path) -> None:
    pipeline = project(tmp_path, "lake", {})
    pipeline.run()
    pipeline.lake.storage.put("writes/of-a-killed-run-0.json", b'{"run": 1')
    with pytest.raises(DamagedError, match=r"writes/of-a-killed-run-0\.json") as error:
        pipeline.collect()
    assert "medallion repair" in error.value.hint
    assert [(item.outcome, item.place) for item in repair(pipeline)] == [
        ("repaired", f"{tmp_path}/lake/writes/of-a-killed-run-0.json")
    ]
    pipeline.collect()
    assert not Inspection(pipeline, thorough=True).damages
