"""The pointer of a lake: switched by compare-and-swap, and never by an overtaken writer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from medallion.errors import (
    ConflictError,
    DamagedError,
    ExistsError,
    LeaseError,
    MissingError,
    StorageError,
)
from medallion.identifiers import now
from medallion.lake.pointer import (
    FORMAT,
    HISTORY,
    POINTER,
    Pointer,
    fence_pointer,
    read_pointer,
    swap_pointer,
)
from medallion.records import Release
from medallion.storage import Storage
from medallion.storage.local import LocalStorage
from medallion.storage.sealed_records import seal


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return LocalStorage(tmp_path)


def release(ident: str, sequence: int) -> Release:
    return Release(
        id=ident,
        pipeline="shop",
        run="run",
        created=now(),
        sequence=sequence,
        previous=None,
        tables={},
        layers={},
    )


def switch(storage: Storage, ident: str, sequence: int, token: int) -> Pointer:
    """The pointer after a publication."""
    try:
        former = read_pointer(storage)
    except MissingError:
        former = Pointer()
    swap_pointer(storage, former.moved_to(release(ident, sequence), token), former)
    return read_pointer(storage)


def test_a_switch_is_read_back(storage: Storage) -> None:
    switch(storage, "r1", 1, 5)
    pointer = switch(storage, "r2", 2, 6)
    assert (pointer.release, pointer.published) == ("r2", ("r1", "r2"))
    assert (pointer.sequence, pointer.token, pointer.format) == (2, 6, FORMAT)


def test_a_release_that_is_published_again_is_the_last(storage: Storage) -> None:
    switch(storage, "r1", 1, 1)
    switch(storage, "r2", 2, 1)
    pointer = switch(storage, "r1", 1, 1)
    assert (pointer.release, pointer.published, pointer.sequence) == ("r1", ("r2", "r1"), 2)


def test_the_history_is_limited() -> None:
    pointer = Pointer(published=tuple(f"r{number}" for number in range(HISTORY)))
    published = pointer.moved_to(release("new", 1), 1).published
    assert (len(published), published[0], published[-1]) == (HISTORY, "r1", "new")


def test_of_two_writers_one_switches(storage: Storage) -> None:
    with pytest.raises(MissingError):
        read_pointer(storage)
    swap_pointer(storage, Pointer("r1"), Pointer())
    with pytest.raises(ExistsError):
        swap_pointer(storage, Pointer("r2"), Pointer())
    former = read_pointer(storage)
    swap_pointer(storage, replace(former, release="r2"), former)
    with pytest.raises(ConflictError):
        swap_pointer(storage, replace(former, release="r3"), former)
    assert read_pointer(storage).release == "r2"


def test_a_fence_stops_every_older_writer(storage: Storage) -> None:
    fence_pointer(storage, 7)  # nothing to fence yet
    former = switch(storage, "r1", 1, 5)
    fence_pointer(storage, 7)
    fence_pointer(storage, 6)
    fenced = read_pointer(storage)
    assert (fenced.release, fenced.token) == ("r1", 7)
    with pytest.raises(LeaseError, match="a newer writer"):
        swap_pointer(storage, replace(fenced, release="r2", token=6), fenced)
    with pytest.raises(ConflictError):
        swap_pointer(storage, replace(former, release="r2"), former)


def test_a_newer_format_is_refused_and_an_older_one_has_no_release(storage: Storage) -> None:
    body = {"release": "r1", "published": ["r1"], "sequence": 1, "token": 1}
    for number, known in [(FORMAT, "r1"), (FORMAT - 1, None)]:
        storage.put(POINTER, seal(json.dumps({**body, "format": number}).encode()))
        assert (read_pointer(storage).release, read_pointer(storage).format) == (known, number)
    storage.put(POINTER, seal(json.dumps({**body, "format": FORMAT + 1}).encode()))
    with pytest.raises(StorageError, match=f"format {FORMAT + 1}, and this .* up to {FORMAT}"):
        read_pointer(storage)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"format": 2, "release": "r1"}'])
def test_another_content_is_damaged(storage: Storage, data: bytes) -> None:
    storage.put(POINTER, data)
    with pytest.raises(DamagedError, match=POINTER):
        read_pointer(storage)


def test_a_hold_survives_switches_and_fences(storage: Storage) -> None:
    moment = now()
    swap_pointer(storage, Pointer(held=moment), Pointer())
    pointer = read_pointer(storage)
    assert pointer.held == moment
    fence_pointer(storage, 7)
    pointer = read_pointer(storage)
    assert (pointer.held, pointer.token) == (moment, 7)
    assert pointer.moved_to(release("20260101-000000-000001", 1), 8).held == moment
