"""`status` and `doctor` on failing runs, unreadable sources and a read-only database."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import medallion as md
from medallion.cli import main
from medallion.errors import SourceError
from medallion.ops import doctor

NOBODY = 65534
YAML = """\
name: health
sinks: {serving: {url: "sqlite:lake/serving.db"}}
tables:
  bronze:
    a: {source: "data/*.csv"}
  gold:
    t: {from: bronze.a}
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A project in a folder that others may enter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "data").mkdir()
        (folder / "data/a.csv").write_text("k,v\n1,2\n")
        (folder / "medallion.yaml").write_text(YAML)
        yield folder


@contextmanager
def somebody_else() -> Iterator[None]:
    """Be a user without rights, where the tests run as root."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def status(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    with pytest.raises(SystemExit):
        main(["-C", str(folder), "status", *options])
    return capsys.readouterr().out


def test_status_says_that_runs_fail_why_and_since_when(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    assert "failing" not in status(folder, capsys)
    (folder / "data/a.csv").rename(folder / "data/a.txt")
    for _ in range(2):
        with pytest.raises(SourceError):
            pipeline.run()
    first = pipeline.lake.runs()[1].finished
    assert first is not None

    said = status(folder, capsys)
    assert f"since {first:%Y-%m-%d %H:%M:%S} UTC" in said
    assert "bronze.a: no file matches data/*.csv" in said
    failing = json.loads(status(folder, capsys, "--json"))["failing"]
    assert failing["run"] == pipeline.lake.runs()[0].id
    assert failing["reason"].startswith("bronze.a: no file matches")


def test_doctor_opens_every_source(folder: Path) -> None:
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    (table,) = pipeline.context.source_tables()
    assert doctor.source(table).outcome == "ok"
    (folder / "data/b.csv").symlink_to(
        "/proc/self/mem"
    )  # can be listed and opened, and not be read
    probe = doctor.source(table)
    assert probe.outcome == "failure"
    assert probe.said.startswith("data/b.csv (")
    assert probe.said.endswith("of 2 files cannot be read")
    assert probe.advice


def test_doctor_finds_a_source_that_may_not_be_read(folder: Path) -> None:
    (table,) = md.Pipeline.load(folder / "medallion.yaml").context.source_tables()
    (folder / "data/a.csv").chmod(0o600)
    with somebody_else():
        probe = doctor.source(table)
    assert probe.outcome == "failure"
    assert "ermission denied" in probe.said


def test_a_read_only_database_is_read(folder: Path) -> None:
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    release = pipeline.run().release
    store = pipeline.store()
    with somebody_else():
        active = pipeline.sinks["serving"].active()
        assert active is not None
        assert active.id == release
        assert store.count("t", md.Query()) == 1
    (folder / "data/a.csv").write_text("k,v\n1,2\n3,4\n")
    later = pipeline.run().release
    with somebody_else():
        assert store.release().id == later
        assert store.count("t", md.Query()) == 2
