"""What a run would do now."""

from __future__ import annotations

from pathlib import Path

from medallion.run.preview import preview
from tests.integration import small


def test_a_plan_writes_nothing_and_is_what_the_run_does(tmp_path: Path) -> None:
    pipeline = small.publish(tmp_path)
    assert not preview(pipeline.context).computes
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    before = sorted((tmp_path / "lake").rglob("*"))
    planned = preview(pipeline.context)
    assert sorted((tmp_path / "lake").rglob("*")) == before
    computed = {step.table for step in pipeline.run().steps if step.action == "computed"}
    assert {step.table for step in planned.computes} == computed
