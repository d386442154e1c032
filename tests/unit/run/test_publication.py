"""The end of a run: a release, a candidate, or nothing because nothing differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.lake.candidates import candidate, candidates
from tests.integration import small


def test_a_candidate_costs_what_differs_and_nobody_sees_it(tmp_path: Path) -> None:
    pipeline = small.publish(tmp_path)
    base = pipeline.lake.pointer().release
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    run = pipeline.run(candidate="march")
    assert (run.status, run.release, run.candidate) == ("succeeded", None, "march")
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    record = candidate(pipeline.lake, "march")
    assert (record.base, record.release.previous) == (base, base)
    actions = {step.table: step.action for step in run.steps}
    assert actions["silver.clients"] == "unchanged"
    assert actions["gold.total"] == "computed"
    assert {load.served.table for load in run.loads if load.loaded} == {
        "gold.by_client",
        "gold.total",
    }


def test_the_same_candidate_is_renewed_and_another_takes_its_place(tmp_path: Path) -> None:
    pipeline = small.publish(tmp_path)
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run(candidate="march")
    first = candidate(pipeline.lake, "march")
    assert pipeline.run(candidate="march").status == "unchanged"
    second = candidate(pipeline.lake, "march")
    assert (first.release, first.base) == (second.release, second.base)
    assert first.expires < second.expires
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH.replace("100.00", "90.00"))
    pipeline.run(candidate="march")
    third = candidate(pipeline.lake, "march")
    assert third.release.id > second.release.id
    files = {item.path for item in second.release.tables["gold.total"].files}
    assert not files & {item.path for item in third.release.tables["gold.total"].files}
    pipeline.collect()
    storage = pipeline.lake.layer_storage("gold", pipeline.lake.layers["gold"])
    assert not any(storage.info(path) for path in files)
    assert pipeline.publish("march").tables == third.release.tables


def test_nothing_new_leaves_no_candidate(tmp_path: Path) -> None:
    pipeline = small.publish(tmp_path)
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run(candidate="march")
    (tmp_path / "data/orders/2024-03.csv").unlink()
    run = pipeline.run(candidate="march")
    assert (run.status, run.candidate) == ("unchanged", None)
    assert candidates(pipeline.lake) == []


def test_a_run_may_begin_with_a_candidate(tmp_path: Path) -> None:
    small.write(tmp_path)
    pipeline = small.load(tmp_path)
    pipeline.run(candidate="first")
    assert pipeline.lake.current() is None
    pipeline.collect()
    release = pipeline.publish("first")
    assert pipeline.lake.pointer().release == release.id
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    assert pipeline.run().status == "unchanged"


@pytest.mark.parametrize("publish", [True, False])
def test_a_run_takes_the_tables_of_a_candidate(tmp_path: Path, publish: bool) -> None:
    pipeline = small.publish(tmp_path)
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run(candidate="march")
    run = pipeline.run(candidate=None if publish else "april")
    assert {step.action for step in run.steps} == {"reused", "unchanged"}
    assert not any(load.loaded for load in run.loads)
