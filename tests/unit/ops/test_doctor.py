from __future__ import annotations

from pathlib import Path

import pytest

from medallion.errors import DeclarationError, MissingError, Problem
from medallion.lake.lease import lease
from medallion.ops import doctor
from medallion.pipeline import Pipeline
from medallion.storage.local import LocalStorage


class OverwritingStorage(LocalStorage):
    """A storage without create-only and compare-and-swap writes, like some S3 gateways."""

    def create(self, path: str, data: bytes) -> str:
        self.put(path, data)
        return self.read(path)[1]

    def swap(self, path: str, data: bytes, expected: str) -> str:
        return self.create(path, data)


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    (tmp_path / "a.csv").write_text("x\n1\n")
    tables = "tables:\n  bronze:\n    a: {source: a.csv}\n    b: {source: 'b/*.csv'}\n"
    (tmp_path / "medallion.yaml").write_text(f"name: small\n{tables}")
    return Pipeline.load(tmp_path / "medallion.yaml")


def test_each_part_is_probed(pipeline: Pipeline) -> None:
    probes = {probe.name: probe for probe in doctor.examine(lambda: pipeline)}

    assert {
        "python",
        "duckdb",
        "declaration",
        "lake",
        "sink serving",
        "source bronze.a",
        "lease",
    } <= probes.keys()
    assert [name for name, probe in probes.items() if probe.outcome != "ok"] == ["source bronze.b"]
    assert "b/*.csv" in probes["source bronze.b"].said
    assert probes["source bronze.b"].advice


def test_lost_files_of_the_release_are_reported_and_a_run_restores_them(pipeline: Pipeline) -> None:
    (pipeline.base / "b").mkdir()
    (pipeline.base / "b/b.csv").write_text("x\n1\n")
    assert next(probe.said for probe in doctor.integrity(pipeline)).startswith(
        "nothing is published yet"
    )
    release = pipeline.run().release
    (whole,) = doctor.integrity(pipeline)
    assert whole.said == f"{release}, all 6 objects are there, all were read back"
    for lost in (pipeline.base / "lake/bronze/a").rglob("*.*"):
        lost.unlink()

    lost = list(doctor.integrity(pipeline))
    assert {(probe.outcome, probe.advice) for probe in lost} == {("failure", "medallion repair")}
    assert len(lost) == 3
    with pytest.raises(MissingError, match="medallion repair"):
        pipeline.lake.table("bronze.a").to_arrow()

    pipeline.run()
    assert [probe.outcome for probe in doctor.integrity(pipeline)] == ["ok"]
    assert len(pipeline.lake.table("bronze.a").to_arrow()) == 1


def test_an_invalid_declaration_is_the_last_check() -> None:
    def load() -> Pipeline:
        raise DeclarationError(
            [Problem("m.yaml:1:1", "a", "wrong"), Problem("m.yaml:2:1", "b", "wrong")]
        )

    *_, last = doctor.examine(load)

    assert (last.name, last.outcome, last.said) == ("declaration", "failure", "2 problems")
    assert last.advice == "medallion check shows each with its place"


def test_a_missing_declaration_says_what_writes_one(tmp_path: Path) -> None:
    path = tmp_path / "medallion.yaml"
    *_, last = doctor.examine(lambda: Pipeline.load(path))
    assert (last.name, last.outcome, last.advice) == ("declaration", "failure", "")
    assert last.said.endswith("there is no such file; `medallion init` writes one")


def test_the_probe_leaves_nothing(tmp_path: Path) -> None:
    assert {probe.outcome for probe in doctor.lake(LocalStorage(tmp_path))} == {"ok"}
    assert list(tmp_path.rglob("*")) == []


def test_a_storage_that_overwrites_is_detected(tmp_path: Path) -> None:
    outcomes = {probe.name: probe.outcome for probe in doctor.lake(OverwritingStorage(tmp_path))}

    assert outcomes == {
        "lake": "ok",
        "lake: writing": "ok",
        "lake: create-only": "failure",
        "lake: compare-and-swap": "failure",
    }
    assert list(tmp_path.rglob("*")) == []


def test_a_lake_that_cannot_be_written_is_reported_with_advice(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file where the lake should be")

    probes = list(doctor.lake(LocalStorage(tmp_path / "lake")))
    failure = next(probe for probe in probes if probe.outcome == "failure")

    assert failure.name == "lake: writing"
    assert failure.advice


def test_the_writer_is_named(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)

    with lease(storage, "r1"):
        probe = doctor.lease(storage)

    assert (probe.outcome, "run r1" in probe.said) == ("warning", True)
    assert doctor.lease(storage).outcome == "ok"
