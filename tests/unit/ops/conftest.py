"""A small pipeline with two releases, to be damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

import medallion as md
from tests.copies import published_copy

DECLARATION = """\
name: shop
tables:
  bronze:
    clients: {source: clients.csv}
  gold:
    clients: {from: bronze.clients, steps: [{cast: {age: integer}}]}
sinks:
  serving: {url: "sqlite:shop.db", tables: {clients: {key: id}}}
"""


def write(folder: Path) -> Path:
    """A project with a first release already."""
    file = folder / "medallion.yaml"
    file.write_text(DECLARATION)
    (folder / "clients.csv").write_text("id,age\n1,30\n")
    md.Pipeline.load(file).run()
    (folder / "clients.csv").write_text("id,age\n1,30\n2,x\n3,41\n")
    return file


@pytest.fixture
def pipeline(tmp_path: Path) -> md.Pipeline:
    published_copy(write, tmp_path / "shop")
    return md.Pipeline.load(tmp_path / "shop/medallion.yaml")


def changed(file: Path) -> Path:
    """A file, after one of its bits was flipped."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    return file
