"""What a plan, the record of a run and its report say of the groups that are computed."""

from __future__ import annotations

from pathlib import Path

import pytest

import medallion as md
from medallion.cli import report
from medallion.kernel import touched_groups
from medallion.run import publish
from tests.integration import small

FEW = "only groups of changed rows, where possible: silver.orders will change"


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> md.Pipeline:
    """A published project whose small tables are computed and loaded as large ones are."""
    small.as_large(monkeypatch)
    small.write(tmp_path, small.MEDIANS)
    small.load(tmp_path).run()
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    return small.load(tmp_path)


def whys(pipeline: md.Pipeline) -> dict[str, str]:
    return {step.table: step.why for step in pipeline.plan().steps}


def test_a_plan_says_that_only_groups_of_changed_rows_may_be_computed(
    pipeline: md.Pipeline,
) -> None:
    assert whys(pipeline)["gold.by_client"] == FEW
    assert "groups" not in whys(pipeline)["gold.total"]  # it has one row


def test_a_run_counts_the_groups_and_the_rows_that_it_loads(
    pipeline: md.Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    run = pipeline.run()
    steps = {step.table: step for step in run.steps}
    by_client, total = steps["gold.by_client"], steps["gold.total"]
    assert (by_client.groups_computed, by_client.groups) == (1, 2)
    assert (total.groups_computed, total.groups) == (0, 0)
    loads = {load.served.table: load for load in run.loads}
    assert loads["gold.by_client"].changed == 1
    report.show(run)
    said = " ".join(capsys.readouterr().out.split())
    assert "1 of 2 groups" in said
    assert "gold.by_client: 1 of 2 rows differ; the others were copied in serving" in said


def test_nothing_is_said_of_groups_when_all_are_computed(
    pipeline: md.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(touched_groups, "SHARE", 3)
    monkeypatch.setattr(publish, "LARGE", 100)
    run = pipeline.run()
    (step,) = [step for step in run.steps if step.table == "gold.by_client"]
    assert (step.groups_computed, step.groups) == (0, 0)
    assert [load.changed for load in run.loads] == [None, None]


def test_a_plan_says_nothing_of_groups_when_all_will_be_computed(
    pipeline: md.Pipeline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(touched_groups, "LARGE", 100)
    assert whys(pipeline)["gold.by_client"] == "silver.orders will change"
    monkeypatch.setattr(touched_groups, "LARGE", 0)
    declaration = tmp_path / "medallion.yaml"
    declaration.write_text(
        small.MEDIANS.replace("orders: count()", "orders: count(), most: max(amount)")
    )
    assert "groups" not in whys(small.load(tmp_path))["gold.by_client"]
