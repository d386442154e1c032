"""What a repair rebuilds from the rest of the lake, and what it lists as lost."""

from __future__ import annotations

from pathlib import Path

import pytest

import medallion as md
from medallion.lake.candidates import candidate
from medallion.ops.repair import repair, settle
from medallion.ops.verify import Inspection
from tests.unit.ops.conftest import changed
from tests.unit.ops.test_verify import Choose, newest


def outcomes(pipeline: md.Pipeline) -> dict[str, str]:
    """The outcome of each repair by the name of the file."""
    return {Path(item.place).name: item.outcome for item in repair(pipeline)}


def test_an_undamaged_lake_needs_no_repair(pipeline: md.Pipeline) -> None:
    assert list(repair(pipeline)) == []
    assert list(settle(pipeline)) == []


@pytest.mark.parametrize(
    "choose",
    [
        newest("current.json"),
        newest("releases/*.json"),
        newest("runs/*.json"),
        newest("snapshots/gold.clients/*.json"),
        newest("plain.json"),
        newest("gold/clients.parquet"),
    ],
)
@pytest.mark.parametrize("how", ["changed", "lost"])
def test_records_and_copies_are_rebuilt_from_each_other(
    pipeline: md.Pipeline, choose: Choose, how: str
) -> None:
    release = pipeline.lake.current()
    file = choose(pipeline.base / "lake")
    if how == "changed":
        changed(file)
    else:
        file.unlink()
    assert outcomes(pipeline)[file.name] == "repaired"
    assert Inspection(pipeline, thorough=True).damages == []
    current = pipeline.lake.current()
    assert release is not None
    assert current is not None
    for name in ("id", "run", "sequence", "previous", "tables", "layers", "served"):
        assert getattr(current, name) == getattr(release, name)
    moved = [path.name for path in (pipeline.base / "lake").glob("damaged/**/*") if path.is_file()]
    assert (file.name in " ".join(moved)) is (how == "changed")


def test_a_source_file_is_copied_again_while_it_is_the_same(pipeline: md.Pipeline) -> None:
    release = pipeline.lake.current()
    assert release is not None
    (source,) = release.tables["bronze.clients"].sources
    kept = changed(pipeline.base / "lake/bronze" / source.object)
    (item,) = repair(pipeline)
    assert (item.place, item.outcome) == (str(kept), "repaired")
    assert item.said == "copied again from clients.csv"
    assert kept.read_bytes() == (pipeline.base / "clients.csv").read_bytes()
    changed(kept)
    (pipeline.base / "clients.csv").write_text("id,age\n9,9\n")
    assert outcomes(pipeline) == {kept.name: "recompute"}


def test_a_damaged_table_is_recomputed_by_the_next_run(pipeline: md.Pipeline) -> None:
    release = pipeline.lake.current()
    assert release is not None
    (file,) = release.tables["gold.clients"].files
    changed(pipeline.base / "lake/gold" / file.path)
    assert set(outcomes(pipeline).values()) == {"recompute"}
    assert not (pipeline.base / "lake/gold" / file.path).exists()
    pipeline.run()
    list(settle(pipeline))
    assert Inspection(pipeline, thorough=True).damages == []


def test_an_earlier_release_lists_the_files_that_are_lost(pipeline: md.Pipeline) -> None:
    oldest = pipeline.lake.release(min(pipeline.lake.release_ids()))
    (file,) = oldest.tables["gold.clients"].files
    changed(pipeline.base / "lake/gold" / file.path)
    assert set(outcomes(pipeline).values()) == {"lost"}
    (item,) = settle(pipeline)
    assert (item.outcome, item.said) == ("lost", f"release {oldest.id} is without it")
    assert pipeline.lake.release(oldest.id).lost == (file.path,)
    assert Inspection(pipeline, thorough=True).damages == []
    assert list(settle(pipeline)) == []


def test_a_lost_database_is_loaded_again(pipeline: md.Pipeline) -> None:
    (pipeline.base / "shop.db").unlink()
    (item,) = repair(pipeline)
    assert (item.place, item.outcome) == ("serving", "repaired")
    assert item.said.startswith("loaded again: ")
    store = pipeline.store()
    assert store.count("clients", md.Query()) == 2
    store.close()
    assert list(repair(pipeline)) == []


def test_what_a_candidate_has_lost_is_computed_again_or_discarded(pipeline: md.Pipeline) -> None:
    """Repair says which candidate; the command that it names leaves nothing damaged."""
    (pipeline.base / "clients.csv").write_text("id,age\n1,31\n")
    pipeline.run(candidate="next")
    for remedy in (lambda: pipeline.run(candidate="next"), lambda: pipeline.discard("next")):
        release = candidate(pipeline.lake, "next").release
        (file,) = release.tables["gold.clients"].files
        changed(pipeline.base / "lake/gold" / file.path)
        (item,) = repair(pipeline)
        assert item.outcome == "lost"
        assert item.said.startswith("candidate next needs it: medallion run --no-publish --as next")
        assert item.said.endswith("medallion discard next removes it")
        assert [damage.kind for damage in Inspection(pipeline, thorough=True).damages] == ["object"]
        remedy()
        assert Inspection(pipeline, thorough=True).damages == []
