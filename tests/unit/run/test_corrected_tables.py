"""Tables computed with corrections are those that a run makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.errors import CallError
from medallion.kernel import partition_groups
from medallion.lake.corrections import CorrectionLog, correction_log
from medallion.records import Snapshot
from medallion.run.corrected_tables import CorrectedTables, main_inputs
from tests.corrected import correct, published


def figures(snapshot: Snapshot) -> tuple[object, ...]:
    return snapshot.rows, snapshot.tallies, snapshot.columns


def test_only_tables_that_change_are_computed_as_in_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition_groups, "SMALL", 1)
    pipeline = published(tmp_path / "p")
    pipeline.run(full=True)
    release = pipeline.lake.current()
    assert release
    correct(pipeline, {1: {"amount": "3.50"}})
    log = correction_log(pipeline.lake)
    (tmp_path / "w").mkdir()
    tables = CorrectedTables(pipeline.context, release, CorrectionLog(), tmp_path / "w")
    with pipeline.declaration.engine.session(tmp_path / "w") as session:
        snapshots = tables.snapshots(log.all, ["gold.by_client"], session)
    assert list(snapshots) == ["bronze.orders", "silver.orders", "gold.by_client"]
    reused = {part.fingerprint for part in release.tables["silver.orders"].partitions}
    assert any(part.fingerprint in reused for part in snapshots["silver.orders"].partitions)
    pipeline.run()
    after = pipeline.lake.current()
    assert after
    for name, snapshot in snapshots.items():
        assert figures(snapshot) == figures(after.tables[name])


def test_a_release_without_a_table_that_is_read_needs_a_run(tmp_path: Path) -> None:
    pipeline = published(tmp_path / "p")
    release = pipeline.lake.current()
    assert release
    correct(pipeline, {1: {"amount": "3.50"}})
    log = correction_log(pipeline.lake)
    others = {name: each for name, each in release.tables.items() if name != "silver.clients"}
    partial = release.model_copy(update={"tables": others})
    (tmp_path / "w").mkdir()
    tables = CorrectedTables(pipeline.context, partial, log, tmp_path / "w")
    with pytest.raises(CallError, match=r"has no table silver\.clients"):
        tables.changing(log.all, ["silver.orders"])


def test_main_inputs_lead_to_the_source_files(tmp_path: Path) -> None:
    context = published(tmp_path).context
    assert main_inputs(context, "gold.total") == ["gold.total", "silver.orders", "bronze.orders"]
    assert main_inputs(context, "bronze.orders") == ["bronze.orders"]
