"""The objects that releases need."""

from __future__ import annotations

from pathlib import Path

from medallion.ops.needed_objects import objects_of, objects_of_releases
from tests.integration import small


def test_all_tables_of_the_current_release_and_only_rejects_of_those_beyond_retention(
    tmp_path: Path,
) -> None:
    pipeline = small.publish(tmp_path)
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run()
    newest, first = pipeline.lake.releases()
    declared = pipeline.declaration
    both = {
        item.path
        for _, item in objects_of_releases(pipeline.lake, declared, [newest, first], newest)
    }
    (total,) = newest.tables["gold.total"].files
    (former,) = first.tables["gold.total"].files
    assert {total.path, former.path} <= both
    snapshot = first.tables["silver.orders"]
    rejects = [item.path for _, item in objects_of(pipeline.lake, first, snapshot, stored=False)]
    (file,) = snapshot.rejects
    assert rejects == [file.path]
    lost = first.model_copy(update={"lost": (file.path,)})
    assert not list(objects_of(pipeline.lake, lost, snapshot, stored=False))
