"""Scratch folders: empty, removed at the end, and those of killed writers too."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.storage.local import LocalStorage
from medallion.storage.scratch import FOLDER, scratch_folder


def test_a_folder_is_empty_and_removed_at_the_end(tmp_path: Path) -> None:
    with scratch_folder(LocalStorage(tmp_path), 3) as scratch:
        assert scratch.parent == tmp_path / FOLDER
        assert list(scratch.iterdir()) == []
        (scratch / "part").write_bytes(b"data")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_removed_after_an_error(tmp_path: Path) -> None:
    def fail() -> None:
        with scratch_folder(LocalStorage(tmp_path), 3) as scratch:
            (scratch / "part").write_bytes(b"data")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_killed_writer_is_removed_and_other_content_is_not(tmp_path: Path) -> None:
    killed = tmp_path / FOLDER / f"2-{'0' * 32}"
    killed.mkdir(parents=True)
    (killed / "part").touch()
    note = tmp_path / FOLDER / "note"
    note.touch()
    with scratch_folder(LocalStorage(tmp_path), 3) as scratch:
        assert sorted((tmp_path / FOLDER).iterdir()) == sorted([scratch, note])
    assert list((tmp_path / FOLDER).iterdir()) == [note]
