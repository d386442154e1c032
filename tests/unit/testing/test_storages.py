"""The suite of storages finds one that is not: writes that are lost, stale or partial."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from medallion.errors import MissingError
from medallion.storage import Entry
from medallion.storage.local import LocalStorage
from medallion.testing.storages import StorageContract


class OnPath(StorageContract):
    """The suite on storages of a local folder."""

    def opened(self, storage: Any, url: str) -> Any:
        return LocalStorage(Path(url))


class Overwriting(LocalStorage):
    def create(self, path: str, data: bytes) -> str:
        self.put(path, data)
        return self.read(path)[1]


class Unchecked(LocalStorage):
    def swap(self, path: str, data: bytes, expected: str) -> str:
        self.read(path)
        self.put(path, data)
        return self.read(path)[1]


class Unsorted(LocalStorage):
    def list(self, folder: str) -> list[Entry]:
        return super().list(folder)[::-1]


class Prefixed(LocalStorage):
    def list(self, folder: str) -> list[Entry]:
        return [entry for entry in super().list("") if entry.path.startswith(folder)]


class Hasty(LocalStorage):
    def delete(self, path: str, until: float | None = None) -> bool:
        return super().delete(path)


class Sweeping(LocalStorage):
    def sweep(self, folders: Iterable[str], until: float | None = None) -> int:
        entries = [entry for folder in folders for entry in self.list(folder)]
        return sum(self.delete(entry.path) for entry in entries)


class Empty(LocalStorage):
    def read(self, path: str) -> tuple[bytes, str]:
        try:
            return super().read(path)
        except MissingError:
            return b"", ""


Check = Callable[[StorageContract, Any], None]


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        (Overwriting, StorageContract.test_create_refuses_an_existing_path),
        (Overwriting, StorageContract.test_exactly_one_of_many_creators_succeeds),
        (Unchecked, StorageContract.test_swap_requires_the_current_version),
        (Unsorted, StorageContract.test_lists_a_folder_and_not_its_siblings),
        (Prefixed, StorageContract.test_lists_a_folder_and_not_its_siblings),
        (Hasty, StorageContract.test_delete_spares_what_was_written_since),
        (Sweeping, StorageContract.test_sweeping_spares_whole_objects),
        (Empty, StorageContract.test_missing_paths_are_reported),
    ],
)
def test_a_storage_that_is_wrong_is_found(
    tmp_path: Path, found: Callable[..., bool], kind: type[LocalStorage], check: Check
) -> None:
    assert not found(lambda: check(OnPath(), LocalStorage(tmp_path / "right")))
    assert found(lambda: check(OnPath(), kind(tmp_path / "wrong")))


def test_a_folder_that_is_no_storage_is_found(tmp_path: Path, found: Callable[..., bool]) -> None:
    class Apart(StorageContract):
        def opened(self, storage: Any, url: str) -> Any:
            return LocalStorage(tmp_path / "apart")

    storage = LocalStorage(tmp_path / "lake")
    assert found(lambda: Apart().test_a_folder_is_a_storage_of_its_own(storage))
