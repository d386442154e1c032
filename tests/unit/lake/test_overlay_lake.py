"""A lake over another one: tables are read from both, and written to one."""

from __future__ import annotations

from pathlib import Path

from medallion.lake.overlay_lake import OverlayLake
from tests.corrected import published


def test_it_reads_the_other_lake_and_writes_to_its_folder(tmp_path: Path) -> None:
    lake = published(tmp_path / "p").lake
    overlay = OverlayLake(lake, tmp_path / "written")
    release = overlay.current()
    assert release
    assert len(overlay.table("gold.by_client").scan()) == 2
    snapshot = release.tables["gold.by_client"].model_copy(update={"rows": 5})
    overlay.put_snapshot(snapshot)
    layer = lake.layers["gold"]
    overlay.layer_storage("gold", layer).put("x", b"1")
    assert overlay.snapshot("gold.by_client", snapshot.id).rows == 5
    assert lake.snapshot("gold.by_client", snapshot.id).rows == 2
    assert lake.layer_storage("gold", layer).info("x") is None
    assert overlay.layer_storage("gold", layer).info("x")
