"""`medallion adopt`: a lake changes its owner."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import Call


def rename(folder: Path) -> None:
    file = folder / "medallion.yaml"
    file.write_text(file.read_text().replace("name: shop", "name: store"))


def test_a_renamed_pipeline_may_write_after_it_adopts_the_lake(call: Call, published: Path) -> None:
    rename(published)
    refused = call(published, "check")
    assert refused.code == 2
    assert "shop" in refused.err
    adopted = call(published, "adopt")
    assert adopted.code == 0
    lines = adopted.out.splitlines()
    assert lines[0].startswith("lake ")
    assert lines[0].endswith(" and its sinks (serving) now belong to pipeline 'store'")
    assert lines[1] == f"next: medallion -C {published} run"
    assert call(published, "check").code == 0


def test_json_has_the_identity_of_the_lake(call: Call, published: Path) -> None:
    before = call(published, "adopt", "--json").json
    rename(published)
    after = call(published, "adopt", "--json").json
    assert (before["pipeline"], after["pipeline"]) == ("shop", "store")
    assert after["id"] == before["id"]
