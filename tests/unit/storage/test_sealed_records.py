"""Sealed records: any changed byte is found, and each is one JSON object."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest

from medallion.errors import DamagedError, MissingError
from medallion.storage.local import LocalStorage
from medallion.storage.sealed_records import is_older, read_record, seal, unseal, write_record

BODY = b'{"release": "r1", "rows": 3}\n'


def test_a_record_is_one_object_with_its_checksum(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    write_record(storage, "record.json", BODY)
    record = json.loads((tmp_path / "record.json").read_bytes())
    assert record == read_record(storage, "record.json")
    assert list(record) == ["release", "rows", "sha256"]


def test_any_flipped_bit_is_found() -> None:
    sealed = seal(BODY)
    assert unseal(sealed) == sealed
    for position in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[position] ^= 1
        with pytest.raises(ValueError, match="checksum"):
            unseal(bytes(damaged))


@pytest.mark.parametrize("data", [b"", b"{}", BODY, seal(BODY)[:-1], seal(BODY) + b" "])
def test_a_record_that_is_cut_or_has_no_checksum_is_damaged(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "record.json").write_bytes(data)
    with pytest.raises(DamagedError, match=r"record\.json: is damaged"):
        read_record(LocalStorage(tmp_path), "record.json")


def test_a_missing_record_is_not_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"record\.json"):
        read_record(LocalStorage(tmp_path), "record.json")


def test_a_record_without_checksum_and_format_is_older() -> None:
    assert is_older(b'{"release": "r1"}')
    assert not is_older(seal(BODY))
    assert not is_older(b'{"format": 1}')
    assert not is_older(b'["release"]')


def test_no_flipped_bit_makes_a_record_older() -> None:
    record = seal(BODY)
    for place in range(len(record)):
        for bit in range(8):
            flipped = bytearray(record)
            flipped[place] ^= 1 << bit
            with suppress(ValueError):
                assert not is_older(bytes(flipped)), (place, bit)
