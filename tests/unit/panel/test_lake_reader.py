"""What pages read from the lake, and what they are given without one."""

from __future__ import annotations

from pathlib import Path

import pytest

import medallion as md
from medallion_panel.data import lake_reader as module
from medallion_panel.data.lake_reader import FileRejects, LakeReader, is_served, lake_reader
from tests.unit.panel import lake_project


def test_a_process_has_one_reader(till: md.Pipeline) -> None:
    assert lake_reader(till) is lake_reader(till)


def test_the_profile_and_the_first_rows_of_a_table(till: md.Pipeline) -> None:
    reader, release = LakeReader(till), till.lake.current()
    assert release is not None
    profile = reader.profile("silver.sales", release)
    assert profile is not None
    assert reader.profile("silver.sales", release) is profile
    assert (profile.rows, profile.columns[1].name) == (3, "amount")
    rows = reader.sample("gold.totals", release)
    assert rows is not None
    assert sorted((country, sales) for country, _, sales in rows) == [("France", 2), ("Italy", 1)]


def test_a_candidate_can_be_read(till: md.Pipeline) -> None:
    reader = LakeReader(till)
    (held,) = reader.held()
    assert held.failed == (
        "silver.sales: quarantined: 2 of 5 rows were quarantined, 40.00 %, and 1 % may be",
    )
    release = reader.release(held.release.id)
    assert release is not None
    assert reader.profile("silver.sales", release) is not None


def test_columns_are_made_of_others(till: md.Pipeline) -> None:
    release = till.lake.current()
    assert release is not None
    derivations = LakeReader(till).derivations(release)
    inputs = {str(name): each.derivation.inputs for name, each in derivations.items()}
    assert [str(each) for each in inputs["gold.totals.total"]] == ["silver.sales.amount"]


def test_rejects_by_file_have_the_records_of_the_file(till: md.Pipeline) -> None:
    release = till.lake.current()
    assert release is not None
    assert LakeReader(till).file_rejects("silver.sales", release) == [
        FileRejects("data/first.csv", 1, 3),
        FileRejects("data/second.csv", 1, 2),
    ]
    assert LakeReader(till).file_rejects("gold.totals", release) == []


def test_nothing_is_known_without_a_lake(till: md.Pipeline, tmp_path: Path) -> None:
    (tmp_path / "medallion.yaml").write_text(lake_project.YAML)
    reader, release = LakeReader(md.Pipeline.load(tmp_path / "medallion.yaml")), till.lake.current()
    assert release is not None
    assert (reader.release(release.id), reader.runs(5), reader.held()) == (None, [], [])
    assert reader.profile("silver.sales", release) is None
    assert reader.sample("silver.sales", release) is None


def test_old_answers_are_forgotten(till: md.Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 1)
    reader, release = LakeReader(till), till.lake.current()
    assert release is not None
    first = reader.profile("silver.sales", release)
    assert reader.profile("gold.totals", release) is not None
    assert reader.profile("silver.sales", release) is not first


def test_which_tables_everybody_can_read(till: md.Pipeline) -> None:
    release = till.lake.current()
    assert release is not None
    assert [name for name in release.tables if is_served(name, release)] == ["gold.totals"]
