"""The contract of storages, on which leases, releases and layers rely, as a test suite.

class TestMyStorage(StorageContract):
    @pytest.fixture
    def storage(self):
        return MyStorage(...)  # empty, and pickled for other processes

A storage that needs options also overrides `opened`.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from medallion.errors import ConflictError, ExistsError, MissingError
from medallion.storage import Storage
from medallion.testing.processes import forked

WRITERS = 8
ROUNDS = 6
LARGE = (33 << 20) + 7  # more than two parts of an upload, and not a multiple of a part
MANY = 1005  # more than one page of a listing


class StorageContract:
    """The contract of a storage. Provide the fixture `storage`: an empty storage."""

    def opened(self, storage: Storage, url: str) -> Storage:
        """The storage at another URL of the same service; by default without options."""
        kind: Any = type(storage)
        opened: Storage = kind(url, {})
        return opened

    @pytest.fixture
    def storage(self) -> Storage:
        raise NotImplementedError("give the suite a `storage` fixture: an empty storage")

    @pytest.mark.parametrize("path", ["a", "a/b/c.parquet", "with space/é+ü&=%.csv"])
    @pytest.mark.parametrize("data", [b"", b"\x00bytes\xff"], ids=["empty", "bytes"])
    def test_put_then_read(self, storage: Storage, path: str, data: bytes) -> None:
        storage.put(path, data)
        assert storage.read(path)[0] == data
        with storage.open(path) as stream:
            assert stream.read() == data
        assert storage.local(path).read_bytes() == data
        entry = storage.info(path)
        assert entry is not None
        assert (entry.path, entry.bytes) == (path, len(data))
        assert [listed_entry.path for listed_entry in storage.list("")] == [path]

    def test_missing_paths_are_reported(self, storage: Storage) -> None:
        storage.put("folder/there", b"x")
        for path in ("nothing", "folder/nothing"):
            assert storage.info(path) is None
            for method in (storage.read, storage.local, storage.open):
                with pytest.raises(MissingError, match="nothing"):
                    method(path)
        with pytest.raises(MissingError, match="nothing"):
            storage.swap("nothing", b"x", storage.read("folder/there")[1])
        assert storage.list("nothing") == []
        storage.delete("nothing")

    def test_lists_a_folder_and_not_its_siblings(self, storage: Storage) -> None:
        for path in ("a/2", "a/1", "a/deep/er", "ab/3", "a.json"):
            storage.put(path, path.encode())
        assert [entry.path for entry in storage.list("a")] == ["a/1", "a/2", "a/deep/er"]
        assert [entry.path for entry in storage.list("")] == [
            "a.json",
            "a/1",
            "a/2",
            "a/deep/er",
            "ab/3",
        ]
        assert {entry.bytes for entry in storage.list("a")} == {3, 9}

    def test_a_folder_is_a_storage_of_its_own(self, storage: Storage) -> None:
        """A lake opens one for each of its layers."""
        folder = self.opened(storage, f"{storage.url}/folder")
        assert folder.list("") == []
        folder.put("a/object", b"below")
        storage.put("object", b"above")
        storage.put("folder-2/object", b"next to it")
        assert storage.read("folder/a/object")[0] == b"below"
        assert [entry.path for entry in folder.list("")] == ["a/object"]
        with pytest.raises(MissingError):
            folder.read("object")

    def test_lists_more_than_a_page(self, storage: Storage) -> None:
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(lambda number: storage.put(f"many/{number:05}", b""), range(MANY)))
        assert [entry.path for entry in storage.list("many")] == [
            f"many/{number:05}" for number in range(MANY)
        ]

    def test_listings_and_copies_are_never_stale(self, storage: Storage) -> None:
        tokens: set[str] = set()
        for data in (b"one", b"two", b"three"):
            storage.put("object", data)
            assert storage.local("object").read_bytes() == data
            tokens.update(entry.token for entry in storage.list(""))
        assert len(tokens) == 3
        storage.delete("object")
        assert storage.list("") == []
        assert storage.info("object") is None
        with pytest.raises(MissingError):
            storage.local("object")

    def test_delete_spares_what_was_written_since(self, storage: Storage) -> None:
        storage.put("object", b"data")
        entry = storage.info("object")
        assert entry is not None
        assert not storage.delete("object", entry.modified - 1)
        assert storage.read("object")[0] == b"data"
        assert storage.delete("object", entry.modified)
        assert storage.info("object") is None
        assert storage.delete("object", entry.modified - 1)

    def test_list_and_info_agree(self, storage: Storage) -> None:
        storage.put("a/object", b"data")
        assert storage.list("a") == [storage.info("a/object")]

    def test_a_multipart_file(self, storage: Storage, tmp_path: Path) -> None:
        data = os.urandom(LARGE)
        file = tmp_path / "large"
        file.write_bytes(data)
        storage.put_file("large.bin", file)
        entry = storage.info("large.bin")
        assert entry is not None
        assert entry.bytes == LARGE
        assert storage.local("large.bin").read_bytes() == data
        with storage.open("large.bin") as stream:
            assert stream.read(10) == data[:10]
            assert stream.read() == data[10:]

    def test_put_file_replaces(self, storage: Storage, tmp_path: Path) -> None:
        for text in ("first", "second"):
            (tmp_path / "file").write_text(text)
            storage.put_file("folder/object", tmp_path / "file")
            storage.sync(["folder/object"])
            assert storage.read("folder/object")[0] == text.encode()
            assert storage.local("folder/object").read_text() == text

    def test_create_refuses_an_existing_path(self, storage: Storage) -> None:
        version = storage.create("lease", b"mine")
        assert storage.read("lease") == (b"mine", version)
        for data in (b"theirs", b"mine"):
            with pytest.raises(ExistsError, match="lease"):
                storage.create("lease", data)
        assert storage.read("lease") == (b"mine", version)
        storage.delete("lease")
        storage.create("lease", b"theirs")

    def test_swap_requires_the_current_version(self, storage: Storage) -> None:
        first = storage.create("pointer", b"1")
        second = storage.swap("pointer", b"2", first)
        assert storage.read("pointer") == (b"2", second)
        with pytest.raises(ConflictError, match="pointer"):
            storage.swap("pointer", b"3", first)
        assert storage.read("pointer") == (b"2", second)
        storage.swap("pointer", b"4", storage.read("pointer")[1])
        assert storage.read("pointer")[0] == b"4"

    def test_exactly_one_of_many_creators_succeeds(self, storage: Storage) -> None:
        for number in range(ROUNDS):

            def create(writer: int, path: str = f"lease-{number}") -> int:
                try:
                    storage.create(path, b"%d" % writer)
                except ExistsError:
                    return 0
                return 1

            with ThreadPoolExecutor(WRITERS) as pool:
                assert sum(pool.map(create, range(WRITERS))) == 1

    def test_no_swap_of_many_threads_is_lost(self, storage: Storage) -> None:
        storage.create("counter", b"0")
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(lambda _: _count(storage, ROUNDS), range(WRITERS)))
        assert int(storage.read("counter")[0]) == WRITERS * ROUNDS

    def test_no_swap_of_many_processes_is_lost(self, storage: Storage) -> None:
        storage.create("counter", b"0")
        context = multiprocessing.get_context("spawn")
        writers = [context.Process(target=_count, args=(storage, ROUNDS)) for _ in range(2)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(120)
            assert writer.exitcode == 0
        assert int(storage.read("counter")[0]) == 2 * ROUNDS

    def test_a_reader_never_sees_a_partial_object(self, storage: Storage) -> None:
        storage.put("object", b"a" * 500_000)
        stop, faults = threading.Event(), list[Any]()

        def read() -> None:
            while not stop.is_set():
                data, _ = storage.read("object")
                if len(data) != 500_000 or len(set(data)) != 1:
                    faults.append((len(data), set(data)))

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        for letter in b"abcdefghijklmnopqrst":
            storage.put("object", bytes([letter]) * 500_000)
        stop.set()
        for reader in readers:
            reader.join()
        assert not faults

    def test_a_storage_made_before_a_fork_serves_both_sides(self, storage: Storage) -> None:
        storage.put("object", b"before")
        child = forked(lambda: storage.put("child", storage.read("object")[0]))
        assert os.waitpid(child, 0)[1] == 0
        assert storage.read("child")[0] == b"before"
        storage.put("object", b"after")
        assert storage.local("object").read_bytes() == b"after"

    def test_sweeping_spares_whole_objects(self, storage: Storage) -> None:
        storage.put("a/object", b"data")
        assert storage.sweep(["a"]) == 0
        assert storage.read("a/object")[0] == b"data"


def _count(storage: Storage, times: int) -> None:
    for _ in range(times):
        while True:
            data, version = storage.read("counter")
            try:
                storage.swap("counter", b"%d" % (int(data) + 1), version)
                break
            except ConflictError:
                continue
