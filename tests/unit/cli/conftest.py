"""Commands in this process, on a small project that has a release."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from medallion.cli import main
from tests.copies import published_copy

DECLARATION = """\
name: shop
tables:
  bronze:
    clients: {source: clients.csv}
  gold:
    clients:
      from: bronze.clients
      steps:
        - deduplicate: {key: id}
        - cast: {id: integer, age: integer}
sinks:
  serving: {url: "sqlite:shop.db", tables: {clients: {key: id}}}
"""
CLIENTS = "id,name,age\n1,Ann,30\n2,Zoë,x\n3,Bob,41\n3,Bob,41\n"


class Output(NamedTuple):
    """The exit code of a command, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Output]


def write_project(folder: Path) -> Path:
    """A project whose run keeps two rows, removes a duplicate and rejects an age."""
    folder.mkdir(exist_ok=True)
    (folder / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    file = folder / "medallion.yaml"
    file.write_text(DECLARATION)
    return file


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("MEDALLION_")]:
        monkeypatch.delenv(name)
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def unpublished(tmp_path: Path) -> Path:
    """The folder of a project without a release."""
    return write_project(tmp_path / "shop").parent


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The folder of a project with a release."""
    folder = tmp_path / "shop"
    published_copy(write_project, folder)
    return folder


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """`call(folder, *arguments)` runs a command on the project in a folder."""

    def run(folder: Path, *arguments: str) -> Output:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["-C", str(folder), *arguments])
        assert isinstance(end.value.code, int)
        return Output(end.value.code, *capsys.readouterr())

    return run


def damaged_file(folder: Path) -> Path:
    """The data file of the gold table, after one of its bits was flipped."""
    (file,) = (folder / "lake/gold/clients").rglob("*.parquet")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    return file
