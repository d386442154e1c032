from pathlib import Path

import pyarrow.parquet as pq
import pytest
from medallion.contracts import Sink
from medallion.testing.served import items, load, publish
from medallion.testing.stores import SinkContract
from pydantic import ValidationError

from medallion_example.folder import Folder


class TestFolder(SinkContract):
    """The whole contract of a sink and its store."""

    @pytest.fixture
    def sink(self, tmp_path: Path) -> Sink:
        return Folder(url=f"folder:{tmp_path / 'served'}")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(url="folder:served").located(tmp_path)


def test_the_plain_name_is_the_active_file(folder: Folder) -> None:
    first = publish(folder, "first", items(5))
    plain = folder.path / "items.parquet"
    assert pq.read_table(plain).num_rows == 5
    publish(folder, "second", items(3))
    assert pq.read_table(plain).num_rows == 3
    folder.activate(first)
    assert pq.read_table(plain).num_rows == 5


def test_prune_removes_partial_files(folder: Folder) -> None:
    publish(folder, "first", items(5))
    (folder.path / "tables" / "items__0.1.part").touch()
    load(folder, "second", items(6))
    assert folder.prune([]) == 1
    assert [file.name for file in (folder.path / "tables").iterdir()] == [
        f"{folder.store().tables()['items'].name}.parquet"
    ]


def test_another_url_is_refused() -> None:
    with pytest.raises(ValidationError, match="write `folder:`"):
        Folder(url="sqlite:served")
