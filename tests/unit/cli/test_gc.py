"""`medallion gc`: what was removed, by kind."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import CLIENTS, Call


def republish(call: Call, folder: Path) -> None:
    """Publish another release, and keep only one from then on."""
    (folder / "clients.csv").write_text(CLIENTS + "4,Dan,50\n")
    assert call(folder, "run").code == 0
    layers = "layers: {bronze: {raw: {retain: 1}}, gold: {parquet: {retain: 1}}}\n"
    with (folder / "medallion.yaml").open("a") as file:
        file.write(layers)


def test_nothing_is_removed_that_a_kept_release_needs(call: Call, published: Path) -> None:
    assert call(published, "gc") == (0, "nothing to remove\n", "")
    removal = call(published, "gc", "--json").json
    counts = dict.fromkeys(("releases", "objects", "bytes", "tables", "parts"), 0)
    assert removal == {**counts, "left": [], "candidates": []}


def test_counts_name_only_what_was_removed(call: Call, published: Path) -> None:
    republish(call, published)
    result = call(published, "gc")
    assert result.code == 0
    assert result.out.startswith("removed 1 release, ")
    assert "half-written" not in result.out
    assert len(call(published, "releases", "--json").json) == 1
    assert call(published, "gc").out == "nothing to remove\n"


def test_a_file_that_is_not_a_record_is_left_and_named(call: Call, published: Path) -> None:
    file = published / "lake/releases/notes\n.json"
    file.write_text("mine")
    skipped = "skipped releases/notes\\n.json: not a readable record"
    assert call(published, "gc").out.splitlines() == ["nothing to remove", skipped]
    assert call(published, "gc", "--json").json["left"] == ["releases/notes\n.json"]
    assert file.read_text() == "mine"
