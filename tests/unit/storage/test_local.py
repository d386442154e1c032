"""A local folder: what is synced, and a lake where POSIX file locks are missing, as on Windows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import medallion as md
from medallion.storage.local import LocalStorage

DECLARATION = """
name: shop
tables:
  bronze:
    sales: {source: sales.csv}
  gold:
    totals:
      from: bronze.sales
      steps:
        - cast: {amount: integer}
        - aggregate: {by: product, metrics: {amount: sum(amount)}}
"""

WITHOUT_LOCKS = """
import sys

sys.modules["fcntl"] = None  # importing it now raises ImportError, as on Windows
import medallion as md

pipeline = md.Pipeline.load("medallion.yaml")
"""

READ = """
assert pipeline.lake.table("gold.totals").to_pandas()["amount"].to_list() == [7]
assert len(pipeline.lake.releases()) == 1
assert pipeline.plan().computes == ()
store = pipeline.store()
assert [dict(row) for row in store.find("totals", md.Query()).rows] == [
    {"product": "tea", "amount": 7}
]
store.close()
"""

CACHE = """
from medallion.storage.download_cache import copies

folder = copies().scratch()
assert folder.is_dir()
"""

WRITE = """
try:
    pipeline.run(full=True)
except md.MedallionError as error:
    assert "needs file locks" in str(error), error
    assert "Linux or macOS" in error.hint, error.hint
else:
    raise SystemExit("a run without locks succeeded")
assert pipeline.lake.table("gold.totals").to_pandas()["amount"].to_list() == [7]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline with one release."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "sales.csv").write_text("product,amount\ntea,3\ntea,4\n")
    (folder / "medallion.yaml").write_text(DECLARATION)
    md.Pipeline.load(folder / "medallion.yaml").run()
    return folder


@pytest.mark.parametrize("code", [READ, CACHE, WRITE], ids=["read", "cache", "write"])
def test_a_lake_without_file_locks_can_be_read_but_not_written(project: Path, code: str) -> None:
    command = [sys.executable, "-W", "error", "-c", WITHOUT_LOCKS + code]
    process = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr


def test_an_object_and_the_folders_that_name_it_are_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = LocalStorage(tmp_path / "lake")
    storage.put("a/b", b"data")
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
    )
    storage.sync(["a/b"])
    root = str(storage.root)
    assert (synced[0], set(synced[1:])) == (f"{root}/a/b", {f"{root}/a", root})
