from __future__ import annotations

from pathlib import Path

import pytest

from medallion.contracts import TableTask
from medallion.kernel import partition_groups, partitioned_table
from medallion.kernel.partition_rows import PartitionRows
from medallion.kernel.stages import PartitionedWork
from tests.unit.kernel.test_partitions import project, write


def test_a_gathering_stage_gets_the_rows_that_later_stages_remove(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before: list[list[str]] = []

    class Recorded(PartitionRows):
        def __init__(self, task: TableTask, work: PartitionedWork, *others: object) -> None:
            super().__init__(task, work, *others)  # type: ignore[arg-type]
            for number in work.visible:
                rows = self.before(work.stages[number]).order("_row")
                before.append([row[0] for row in rows.project("id").fetchall()])

    monkeypatch.setattr(partition_groups, "SMALL", 1)
    monkeypatch.setattr(partitioned_table, "PartitionRows", Recorded)
    steps = [{"filter": "id <> '1'"}, {"deduplicate": {"key": "id"}}, {"filter": "name <> 'x'"}]
    pipeline = project(tmp_path, steps, [{"unique": "name", "on_fail": "warn"}])
    write(
        tmp_path / "in",
        {"a": [("1", "", "", "y"), ("2", "", "", "x")], "b": [("3", "", "", "y")]},
    )
    pipeline.run()
    assert before == [["2", "3"], ["3"]]
    snapshot = pipeline.lake.table("silver.t").snapshot
    assert [sum(file.rows for file in part.files) for part in snapshot.partitions] == [0, 1]
