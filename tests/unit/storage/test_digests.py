"""Digests of stored files."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.errors import DamagedError, MissingError
from medallion.storage.digests import Stored, lost, store_file, verified
from medallion.storage.local import LocalStorage


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "lake")


def stored(storage: LocalStorage, tmp_path: Path, data: bytes) -> Stored:
    (tmp_path / "file").write_bytes(data)
    return store_file(storage, "a/b", tmp_path / "file")


def test_what_was_stored_is_verified(storage: LocalStorage, tmp_path: Path) -> None:
    item = stored(storage, tmp_path, b"data")
    assert [file.read_bytes() for file in verified(storage, [item])] == [b"data"]
    assert lost(storage, [item, Stored("c", 1, "")]) == ["c"]
    with pytest.raises(MissingError):
        verified(storage, [item, Stored("c", 1, "")])


@pytest.mark.parametrize("data", [b"", b"dat", b"dats", b"data "])
def test_other_bytes_are_refused(storage: LocalStorage, tmp_path: Path, data: bytes) -> None:
    item = stored(storage, tmp_path, b"data")
    storage.put("a/b", data)
    with pytest.raises(DamagedError, match="lake/a/b") as refused:
        verified(storage, [item])
    assert refused.value.hint == "medallion repair"
    assert lost(storage, [item]) == ([] if len(data) == 4 else ["a/b"])
