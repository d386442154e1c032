"""What a worker answers without a cluster; tasks are performed in tests/integration/test_dask.py."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from medallion.contracts import TableTask
from medallion.engines.dask.worker import Order, _renamed, perform, reaches
from medallion.errors import MissingError, PluginError
from medallion.layers.parquet import ParquetLayer
from medallion.storage.local import LocalStorage


class Absent:
    """A class that a worker lacks, once it is pickled under another name."""


def test_a_worker_reaches_the_lake_if_it_reads_the_bytes_of_the_driver(tmp_path: Path) -> None:
    lake = LocalStorage(tmp_path)
    lake.put("trial", b"bytes")
    assert reaches(lake, "trial", b"bytes")
    assert not reaches(lake, "trial", b"other")
    assert [entry.path for entry in lake.list("")] == ["trial"]
    with pytest.raises(MissingError):
        reaches(lake, "none", b"bytes")


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [(b"test_worker", b"test_wqrker", "ModuleNotFoundError"), (b"Absent", b"Absemt", "Attribute")],
)
def test_a_task_of_a_module_that_the_worker_lacks_says_what_to_install(
    tmp_path: Path, before: bytes, after: bytes, says: str
) -> None:
    task = pickle.dumps(Absent()).replace(before, after)
    outcome = perform(Order(task, {}, str(tmp_path)))
    assert outcome.result is None
    assert isinstance(outcome.error, PluginError)
    assert says in outcome.error.message
    assert "on every worker" in outcome.error.hint


def test_each_attempt_writes_under_names_of_its_own(tmp_path: Path) -> None:
    task = TableTask(
        table="gold.t",
        run="r",
        folder="t/s",
        main="t",
        inputs={},
        steps=(),
        expectations=(),
        layer=ParquetLayer(),
        storage=LocalStorage(tmp_path),
        lineage={},
        quarantine=LocalStorage(tmp_path),
        rejects="quarantine/gold.t/s.parquet",
    )
    renamed = _renamed(task, "abc")
    assert (renamed.folder, renamed.rejects) == ("t/s/abc", "quarantine/gold.t/s-abc.parquet")
    assert replace(renamed, folder=task.folder, rejects=task.rejects) == task


def test_what_dask_logs_of_an_order_shows_no_key() -> None:
    assert "secret" not in repr(Order(b"key=secret", {"threads": 1}, "/scratch"))
