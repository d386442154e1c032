"""Files in the memory of this process."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

import medallion as md
from medallion.errors import DeclarationError
from medallion.storage import Storage, open_storage
from tests.source_contract import FILES, Replace, SourceContract


@pytest.fixture
def replace() -> Iterator[Replace]:
    files = fsspec.filesystem("memory")

    def write(path: str, body: bytes) -> None:
        files.pipe(f"/inbox/in/{path}", body)

    for path, body in FILES.items():
        write(path, body)
    files.mkdir("/inbox/in/empty")
    yield write
    files.rm("/inbox", recursive=True)


@pytest.fixture
def storage(replace: Replace) -> Storage:  # noqa: ARG001 (its files)
    storage: Storage = pickle.loads(pickle.dumps(open_storage("memory://inbox/in")))  # noqa: S301
    return storage


class TestMemory(SourceContract):
    """Files that this process has put there."""


YAML = """name: small
tables:
  bronze: {orders: {source: "memory://SOURCE"}}
  gold: {orders: {from: bronze.orders}}
"""


def test_files_in_memory_are_a_source(replace: Replace, tmp_path: Path) -> None:
    declaration = tmp_path / "medallion.yaml"
    declaration.write_text(YAML.replace("SOURCE", "inbox/in/**/b*.csv"))
    pipeline = md.Pipeline.load(declaration)
    assert pipeline.run().status == "succeeded"
    assert pipeline.run().status == "unchanged"
    replace("deep/b c.csv", b"id\n7\n")  # as long as before, perhaps within one tick of the clock
    assert pipeline.run().status == "succeeded"
    assert pipeline.lake.table("gold.orders").to_pandas()["id"].tolist() == ["7"]
    release = pipeline.lake.current()
    assert release is not None
    (source,) = release.tables["bronze.orders"].sources
    assert source.name == "memory://inbox/in/deep/b c.csv"


def test_a_file_in_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "medallion.yaml").write_text(YAML.replace("SOURCE", "*.csv"))
    with pytest.raises(DeclarationError, match=r"memory://\*\.csv names no folder"):
        md.Pipeline.load(tmp_path / "medallion.yaml")
