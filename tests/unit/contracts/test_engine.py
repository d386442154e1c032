"""Tasks of engines can be sent to other processes, and an engine checks nothing by default."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from medallion.contracts import Built, Engine, Input, Session, TableTask
from medallion.expectations.not_null import NotNull
from medallion.layers.parquet import ParquetLayer
from medallion.storage.local import LocalStorage
from medallion.testing.served import snapshot
from medallion.transforms.trim import Trim


class Unused(Engine):
    name: ClassVar[str] = "unused"

    @contextmanager
    def session(self, scratch: Path) -> Iterator[Session]:
        raise NotImplementedError
        yield


def task(folder: Path) -> TableTask:
    storage = LocalStorage(folder)
    source = Input(ParquetLayer(), storage, snapshot("s", 1))
    return TableTask(
        table="silver.items",
        run="r",
        folder="items/f",
        main="gold.items",
        inputs={"gold.items": source},
        steps=[Trim()],
        expectations=[NotNull(columns=("id",))],
        layer=ParquetLayer(retain=3),
        storage=storage,
        lineage={0: source},
        quarantine=storage,
        rejects="quarantine/r.parquet",
    )


def test_a_task_comes_back_from_another_process_as_it_was(tmp_path: Path) -> None:
    original = task(tmp_path)
    copy = pickle.loads(pickle.dumps(original))  # noqa: S301 (pickled here)
    for name in (
        "table",
        "run",
        "folder",
        "main",
        "steps",
        "expectations",
        "layer",
        "rejects",
        "former",
    ):
        assert getattr(copy, name) == getattr(original, name), name
    assert copy.inputs["gold.items"].snapshot == original.inputs["gold.items"].snapshot
    assert copy.storage.url == original.storage.url
    copy.storage.put("a", b"1")
    assert original.storage.read("a")[0] == b"1"


def test_a_table_is_computed_as_a_whole_unless_it_has_partitions() -> None:
    built = Built(columns=(), files=(), rows=0, tallies=())
    assert (built.partitions, built.removed, built.rejects, built.failure) == ((), None, (), None)
    assert (built.identified, built.origins, built.warnings) == (False, (), ())


def test_an_engine_needs_nothing_unless_it_says_so(tmp_path: Path) -> None:
    assert list(Unused().checks(LocalStorage(tmp_path))) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("base", [Engine, Session])
def test_an_engine_needs_its_methods(base: type) -> None:
    with pytest.raises(TypeError, match="abstract"):
        base()
