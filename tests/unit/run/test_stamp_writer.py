"""When a lake has a stamp; that the stamp then holds is tested in tests/integration/test_stamp.py."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import medallion as md
from medallion.run import source_tokens, stamp, stamp_writer
from medallion.run.stamp_writer import write_stamp
from tests.copies import published_copy

DECLARATION = """\
name: shop
tables:
  bronze:
    clients: {source: "data/*.csv"}
  gold:
    clients: {from: bronze.clients, steps: [trim]}
sinks:
  serving: {url: "sqlite:shop.db"}
"""


def write(folder: Path) -> Path:
    (folder / "data").mkdir()
    (folder / "data/a.csv").write_text("id,name\n1, Ann \n")
    file = folder / "medallion.yaml"
    file.write_text(DECLARATION)
    return file


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a release, whose files count as old."""
    for name in [name for name in os.environ if name.startswith("MEDALLION_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(source_tokens, "RACY", 0.0)
    monkeypatch.setattr(stamp_writer, "SETTLED", 0.0)
    published_copy(write, tmp_path / "shop")
    md.Pipeline.load(tmp_path / "shop/medallion.yaml").run()
    return tmp_path / "shop"


def stamped(folder: Path, change: Callable[[], object] = lambda: None) -> bool:
    """Whether the lake then has a stamp, when something changes after the start of the command."""
    file = folder / "medallion.yaml"
    start = stamp.Start.of(file)
    change()
    write_stamp(md.Pipeline.load(file).context, start)
    return (folder / "lake" / stamp.PATH).exists()


def test_a_pipeline_that_others_hear_of_has_no_stamp(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is one used that was written before: every run is reported."""
    with monkeypatch.context() as observed:
        observed.setenv("OTEL_TRACES_EXPORTER", "console")
        assert not stamped(folder)
    assert stamped(folder)
    monkeypatch.setenv("OPENLINEAGE_URL", "http://localhost:9")
    assert stamp.repeat(folder / "medallion.yaml") is None


def test_a_lake_with_nothing_to_do_has_a_stamp_that_holds(folder: Path) -> None:
    assert stamped(folder)
    record = stamp.repeat(folder / "medallion.yaml")
    assert record is not None
    assert (record["status"], record["pipeline"]) == ("unchanged", "shop")
    release = md.Pipeline.load(folder / "medallion.yaml").lake.pointer().release
    assert record["release"] == release
    assert [(step["table"], step["action"], step["rows"]) for step in record["steps"]] == [
        ("bronze.clients", "unchanged", 1),
        ("gold.clients", "unchanged", 1),
    ]


def test_without_a_stamp_there_is_no_answer(folder: Path) -> None:
    assert stamp.repeat(folder / "medallion.yaml") is None


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def add_file(folder: Path) -> None:
    (folder / "data/b.csv").write_text("id,name\n2,Bob\n")


def touch_file(folder: Path) -> None:
    os.utime(folder / "data/a.csv", (2**33, 2**33))


def lose_file(folder: Path) -> None:
    (file,) = (folder / "lake/gold/clients").rglob("*.parquet")
    file.unlink()


def lose_copy(folder: Path) -> None:
    (folder / "lake/plain.json").unlink()


def lose_database(folder: Path) -> None:
    (folder / "shop.db").unlink()


def change_step(folder: Path) -> None:
    replace(folder / "medallion.yaml", "[trim]", "[{trim: [id]}]")


def change_key(folder: Path) -> None:
    replace(folder / "medallion.yaml", 'shop.db"}', 'shop.db", tables: {clients: {key: id}}}')


def change_owner(folder: Path) -> None:
    replace(folder / "medallion.yaml", "name: shop", "name: store")


def move_layer(folder: Path) -> None:
    replace(
        folder / "medallion.yaml",
        "sinks:",
        "layers: {bronze: raw, gold: {parquet: {path: g}}}\nsinks:",
    )


@pytest.mark.parametrize(
    "change",
    [
        add_file,
        touch_file,
        lose_file,
        lose_copy,
        lose_database,
        change_step,
        change_key,
        change_owner,
        move_layer,
    ],
)
def test_there_is_no_stamp_while_something_is_left_to_do(
    folder: Path, change: Callable[[Path], None]
) -> None:
    change(folder)
    assert not stamped(folder)


def test_there_is_no_stamp_of_what_changed_since_the_command_started(folder: Path) -> None:
    def comment() -> None:
        with (folder / "medallion.yaml").open("a") as file:
            file.write("# a comment\n")

    assert not stamped(folder, comment)
    assert stamped(folder)


def test_there_is_no_stamp_while_code_was_edited_just_now(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamp_writer, "SETTLED", 1e12)
    assert not stamped(folder)


def test_a_pipeline_in_python_has_no_stamp(folder: Path) -> None:
    file = folder / "medallion.yaml"
    loaded = md.Pipeline.load(file)
    pipeline = md.Pipeline(loaded.declaration, base=folder)
    write_stamp(pipeline.context, stamp.Start.of(file))
    assert not (folder / "lake" / stamp.PATH).exists()
