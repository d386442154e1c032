"""Storage of sources is only read from."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from medallion.errors import MissingError, StorageError
from medallion.storage import Storage, open_storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    with zipfile.ZipFile(tmp_path / "files.zip", "w") as target:
        target.writestr("a.csv", "id\n")
    return open_storage(f"zip://::{tmp_path}/files.zip")


@pytest.mark.parametrize(
    "write",
    [
        lambda storage: storage.put("b", b""),
        lambda storage: storage.put_file("b", Path("b")),
        lambda storage: storage.sync(["a.csv"]),
        lambda storage: storage.create("b", b""),
        lambda storage: storage.swap("a.csv", b"", ""),
        lambda storage: storage.delete("a.csv"),
        lambda storage: storage.sweep([""]),
    ],
)
def test_it_refuses_to_write(storage: Storage, write: Callable[[Storage], object]) -> None:
    with pytest.raises(StorageError, match="is only read from"):
        write(storage)
    assert storage.read("a.csv")[0] == b"id\n"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("sftp://ann:s3cret/xyzzy@host/in", "has unescaped URL characters"),
        ("https://ann:s3cret@xyzzy@host/in", "has unescaped URL characters"),
        ("sftp://host:port/in", "Port could not be cast"),
        ("https://:1/in", "it has no host"),
    ],
)
def test_a_url_that_cannot_be_split_is_refused(url: str, fault: str) -> None:
    with pytest.raises(StorageError, match=fault) as caught:
        open_storage(url)
    assert "s3cret" not in f"{caught.value} {caught.value.hint}"


def test_a_file_that_does_not_exist_is_missing(storage: Storage) -> None:
    with pytest.raises(MissingError, match="b: no such file"):
        storage.read("b")
