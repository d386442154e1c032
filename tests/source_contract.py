"""What every storage of source files does, as a test suite."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from medallion.errors import MissingError, StorageError
from medallion.storage import Storage

BODY = b"id\n1\n" * 100_000
FILES = {"a.csv": BODY, "deep/b c.csv": b"id\n2\n"}
Replace = Callable[[str, bytes], object]


_moments = count(1_700_000_000)


def write_file(folder: Path, path: str, body: bytes) -> None:
    """Write a file of the folder that a server serves, with a time that no other file has."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)
    moment = next(_moments)
    os.utime(file, (moment, moment))


class SourceContract:
    """Provide `storage`, opened at a folder with `FILES`, and `replace`, which changes one of them.

    The storage is a copy by pickle of the one that was opened.
    """

    def test_files_are_listed_with_sizes_and_times(self, storage: Storage) -> None:
        entries = storage.list("")
        assert {each.path: each.bytes for each in entries} == {
            path: len(body) for path, body in FILES.items()
        }
        assert all(each.modified > 1_600_000_000 and each.token for each in entries)
        assert [storage.info(each.path) for each in entries] == entries
        assert storage.list("deep") == [entries[1]]
        missing = storage.info("none.csv"), storage.info("deep"), storage.list("none")
        assert missing == (None, None, [])

    def test_files_are_read_and_compared(self, storage: Storage, replace: Replace) -> None:
        data, token = storage.read("a.csv")
        assert data == BODY
        with storage.open("deep/b c.csv") as file:
            assert file.read() == FILES["deep/b c.csv"]
        replace("a.csv", b"id\n3\n")
        after, other = storage.read("a.csv")
        assert (after, other != token) == (b"id\n3\n", True)
        with pytest.raises(MissingError, match=r"/none\.csv: no such file"):
            storage.read("none.csv")


class ServedSourceContract(SourceContract):
    """Of a server whose files may change while they are read."""

    def test_a_file_that_changes_while_it_is_read_is_reported(
        self, storage: Storage, replace: Replace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        entry, entries = storage.info("a.csv"), storage.list("")
        assert entry == entries[0]
        replace("a.csv", b"id\n9\n")
        answers = iter((entry,))  # as it was a moment ago
        info = storage.info
        monkeypatch.setattr(storage, "info", lambda path: next(answers, None) or info(path))
        with pytest.raises(StorageError, match=r"a\.csv changed while it was read"):
            storage.local("a.csv")
