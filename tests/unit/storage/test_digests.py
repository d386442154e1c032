"""Digests, checksums of records, and what is synced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from medallion.errors import DamagedError, MissingError
from medallion.storage.digests import Stored, lost, store_file, verified
from medallion.storage.durability import make_folder
from medallion.storage.local import LocalStorage
from medallion.storage.sealed_records import read_record, seal, unseal, write_record


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


def test_every_flipped_bit_of_a_record_is_noticed() -> None:
    data = seal(b'{"id": 1, "name": "caf\xc3\xa9"}')
    assert unseal(data) == data
    for place in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            with pytest.raises(ValueError, match="checksum"):
                unseal(bytes(flipped))


@pytest.mark.parametrize("length", [0, 1, 50, 90])
def test_a_cut_record_is_damaged(storage: LocalStorage, length: int) -> None:
    write_record(storage, "record.json", b'{"a": [1, 2]}')
    assert read_record(storage, "record.json")["a"] == [1, 2]
    storage.put("record.json", storage.read("record.json")[0][:length])
    with pytest.raises(DamagedError, match=r"record\.json"):
        read_record(storage, "record.json")


def test_a_file_and_the_folders_that_name_it_are_synced(
    storage: LocalStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = stored(storage, tmp_path, b"data")
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
    )
    storage.sync([item.path])
    root = str(storage.root)
    assert (synced[0], set(synced[1:])) == (f"{root}/a/b", {f"{root}/a", root})
    synced.clear()
    make_folder(tmp_path / "new/deep")
    assert synced == [str(tmp_path), str(tmp_path / "new")]
