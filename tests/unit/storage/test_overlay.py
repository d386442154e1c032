"""A storage over another one, which is only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.errors import ConflictError, ExistsError, MissingError
from medallion.storage.local import LocalStorage
from medallion.storage.overlay import OverlayStorage


@pytest.fixture
def below(tmp_path: Path) -> LocalStorage:
    storage = LocalStorage(tmp_path / "below")
    storage.put("a/one", b"1")
    storage.put("a/two", b"2")
    return storage


@pytest.fixture
def overlay(below: LocalStorage, tmp_path: Path) -> OverlayStorage:
    return OverlayStorage(below, tmp_path / "above")


def content(storage: LocalStorage | OverlayStorage) -> dict[str, bytes]:
    return {entry.path: storage.read(entry.path)[0] for entry in storage.list("a")}


def test_what_is_written_covers_what_is_below(
    overlay: OverlayStorage, below: LocalStorage, tmp_path: Path
) -> None:
    overlay.put("a/two", b"22")
    (tmp_path / "file").write_bytes(b"3")
    overlay.put_file("a/three", tmp_path / "file")
    overlay.sync(["a/two", "a/three"])
    assert content(overlay) == {"a/one": b"1", "a/two": b"22", "a/three": b"3"}
    with overlay.open("a/two") as stream:
        assert stream.read() == overlay.local("a/two").read_bytes() == b"22"
    assert overlay.local("a/one") == tmp_path / "below/a/one"
    info = overlay.info("a/two")
    assert info
    assert info.bytes == 2
    assert content(below) == {"a/one": b"1", "a/two": b"2"}


def test_nothing_below_is_replaced_or_deleted(overlay: OverlayStorage, below: LocalStorage) -> None:
    version = overlay.read("a/one")[1]
    with pytest.raises(ExistsError):
        overlay.create("a/one", b"x")
    overlay.swap("a/one", b"11", version)
    with pytest.raises(ConflictError):
        overlay.swap("a/one", b"111", version)
    overlay.create("a/new", b"n")
    overlay.delete("a/new")
    overlay.sweep(["a"])
    assert content(overlay) == {"a/one": b"11", "a/two": b"2"}
    assert content(below) == {"a/one": b"1", "a/two": b"2"}
    for read in (overlay.read, overlay.local, overlay.open):
        with pytest.raises(MissingError):
            read("a/none")
