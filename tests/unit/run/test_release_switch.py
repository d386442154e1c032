"""Switches that compute nothing: candidates are published or discarded."""

from __future__ import annotations

from pathlib import Path

import pytest

import medallion as md
from medallion.errors import CallError, DamagedError
from medallion.lake.candidates import candidate, candidates, put_candidate
from medallion.ops.repair import repair
from medallion.ops.verify import Inspection
from tests.integration import small


@pytest.fixture
def march(tmp_path: Path) -> md.Pipeline:
    """A project with a release, and a candidate with one more file."""
    pipeline = small.publish(tmp_path)
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run(candidate="march")
    return pipeline


def test_a_published_candidate_is_a_release_like_others(march: md.Pipeline) -> None:
    before = march.lake.pointer()
    release = march.publish("march", note="as planned")
    assert march.lake.pointer().published == (*before.published, release.id)
    assert (release.previous, release.sequence) == (before.release, before.sequence + 1)
    assert small.in_lake(march) == small.in_store(march) == small.ALL
    assert candidates(march.lake) == []
    recorded = march.lake.release(release.id)
    assert recorded.approval is not None
    assert (recorded.approval.forced, recorded.approval.note) == (False, "as planned")
    assert march.roll_back().id == before.release
    assert small.in_lake(march) == small.in_store(march) == small.BOTH


def test_ids_of_releases_sort_by_publication(march: md.Pipeline, tmp_path: Path) -> None:
    (tmp_path / "data/orders/2024-03.csv").unlink()
    (tmp_path / "data/clients.csv").write_text("client_id,name\na,Ann\nb,Bob\nc,Cid\n")
    other = march.run()
    with pytest.raises(CallError, match=r"march was computed when release .* is published"):
        march.publish("march")
    release = march.publish("march", force=True)
    assert other.release is not None
    assert release.id > other.release
    assert small.in_lake(march) == small.in_store(march) == small.ALL
    assert march.roll_back().id == other.release


def test_a_candidate_with_a_lost_file_is_refused(march: md.Pipeline, tmp_path: Path) -> None:
    (record,) = candidates(march.lake)
    (file,) = record.release.tables["gold.total"].files
    (tmp_path / "lake/gold" / file.path).unlink()
    with pytest.raises(CallError, match=r"march: total/.* of gold.total is lost or damaged"):
        march.publish("march", force=True)


@pytest.mark.usefixtures("march")
def test_a_candidate_of_another_declaration_is_refused(tmp_path: Path) -> None:
    changed = small.YAML.replace("indexes: [-revenue]", "indexes: [orders]")
    (tmp_path / "medallion.yaml").write_text(changed)
    with pytest.raises(CallError, match="march: the declaration serves other tables by now"):
        small.load(tmp_path).publish("march", force=True)


def test_a_discarded_candidate_is_gone(march: md.Pipeline) -> None:
    march.discard("march")
    with pytest.raises(CallError, match="there is no candidate 'march'"):
        march.publish("march")
    assert small.in_lake(march) == small.in_store(march) == small.BOTH
    assert march.run().release is not None
    assert small.in_lake(march) == small.in_store(march) == small.ALL


def test_retention_keeps_what_candidates_need_until_they_expire(tmp_path: Path) -> None:
    layers = "layers:\n" + "".join(
        f"  {name}: {{type: {kind}, retain: 1}}\n"
        for name, kind in (("bronze", "raw"), ("silver", "parquet"), ("gold", "parquet"))
    )
    small.write(tmp_path, small.YAML.replace("tables:", f"{layers}tables:", 1))
    pipeline = small.load(tmp_path)
    pipeline.run()
    march = tmp_path / "data/orders/2024-03.csv"
    march.write_text(small.MARCH)
    pipeline.run(candidate="march")
    for amount in ("90.00", "80.00"):
        march.write_text(small.MARCH.replace("100.00", amount))
        pipeline.run()
    pipeline.collect()
    assert len(pipeline.lake.releases()) == 1
    assert Inspection(pipeline, thorough=True).damages == []
    pipeline.publish("march", force=True)
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL

    march.write_text(small.MARCH.replace("100.00", "70.00"))
    pipeline.run(candidate="april")
    record = candidate(pipeline.lake, "april")
    files = {
        path for path in (tmp_path / "lake").rglob("*.parquet") if record.release.run in str(path)
    }
    assert files
    expired = record.model_copy(update={"expires": record.release.created})
    put_candidate(pipeline.lake, expired, record.release)
    march.unlink()
    assert pipeline.run().release is not None  # a publication removes it
    assert candidates(pipeline.lake) == []
    assert {path for path in files if path.exists()} <= set(
        (tmp_path / "lake/quarantine").rglob("*")
    )


def test_a_damaged_candidate_stops_removal_until_it_is_repaired(
    march: md.Pipeline, tmp_path: Path
) -> None:
    file = tmp_path / "lake/candidates/march.json"
    file.write_bytes(file.read_bytes().replace(b"march", b"March", 1))
    with pytest.raises(DamagedError, match=r"candidates/march\.json: is damaged"):
        march.collect()
    (damage,) = Inspection(march).damages
    assert (damage.kind, damage.path) == ("candidate", "candidates/march.json")
    (outcome,) = repair(march)
    assert outcome.outcome == "lost"
    march.collect()
    assert candidates(march.lake) == []
    assert small.in_lake(march) == small.in_store(march) == small.BOTH


def test_a_lost_file_of_a_candidate_is_found(march: md.Pipeline, tmp_path: Path) -> None:
    (record,) = candidates(march.lake)
    (file,) = record.release.tables["gold.total"].files
    (tmp_path / "lake/gold" / file.path).unlink()
    (damage,) = Inspection(march).damages
    assert (damage.kind, damage.path, damage.said) == ("object", file.path, "is lost")


def test_a_published_candidate_survives_a_lost_pointer(tmp_path: Path) -> None:
    small.write(tmp_path)
    pipeline = small.load(tmp_path)
    pipeline.run(candidate="first")
    release = pipeline.publish("first")
    (tmp_path / "lake/current.json").unlink()
    with pytest.raises(DamagedError, match=r"current\.json: is lost, but releases are there"):
        pipeline.collect()
    list(repair(pipeline))
    assert pipeline.lake.pointer().release == release.id
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH


def test_the_record_of_a_published_candidate_is_rebuilt(march: md.Pipeline, tmp_path: Path) -> None:
    release = march.publish("march")
    (tmp_path / f"lake/releases/{release.id}.json").write_bytes(b"{")
    list(repair(march))
    assert march.lake.pointer().release == release.id
    assert small.in_lake(march) == small.in_store(march) == small.ALL


def test_a_publication_has_an_id_that_the_candidate_did_not_have(march: md.Pipeline) -> None:
    former = candidate(march.lake, "march").release
    release = march.publish("march")
    assert release.id > former.id
    assert march.lake.run(release.run).release == release.id


def test_a_discarded_candidate_leaves_the_records_that_others_need(
    march: md.Pipeline, tmp_path: Path
) -> None:
    march.run(full=True, candidate="again")
    march.discard("again")
    assert not Inspection(march, thorough=True).damages
    march.publish("march")
    assert small.in_lake(march) == small.in_store(march) == small.ALL
    (tmp_path / "data/clients.csv").write_text("client_id,name\na,Ann\nb,Bob\nc,Cid\n")
    march.run(full=True, candidate="more")
    march.discard("more")
    assert not Inspection(march, thorough=True).damages


def test_a_candidate_that_is_replaced_leaves_nothing(march: md.Pipeline, tmp_path: Path) -> None:
    former = march.lake.input(candidate(march.lake, "march").release.tables["gold.total"])
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH.replace("100.00", "1.00"))
    march.run(candidate="march")
    for path in former.layer.objects(former.snapshot):
        assert former.storage.info(path) is None
