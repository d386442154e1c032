"""The write journal: names are recorded before objects are written."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from medallion.errors import DamagedError
from medallion.lake import journal
from medallion.lake.journal import (
    LAKE,
    REMOVAL,
    StagedStorage,
    WriteJournal,
    journal_paths,
    read_journal,
    read_journals,
    run_of,
)
from medallion.storage import Storage
from medallion.storage.local import LocalStorage

RUN = "20260131-100000-0123ab"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return LocalStorage(tmp_path / "lake")


def names(storage: Storage) -> dict[str, set[str]]:
    """The names in all journal objects together."""
    together: dict[str, set[str]] = {}
    for listed in read_journals(storage, []).values():
        for layer, paths in listed.items():
            together.setdefault(layer, set()).update(paths)
    return together


def test_names_are_recorded_by_layer(storage: Storage) -> None:
    written = WriteJournal(storage, RUN)
    written.note("silver", ["a", "ü/b"])
    written.note(LAKE, ["snapshots/x.json"])
    assert journal_paths(storage) == [f"writes/{RUN}-0.json"]
    assert read_journal(storage, f"writes/{RUN}-0.json") == {
        "silver": {"a", "ü/b"},
        LAKE: {"snapshots/x.json"},
    }
    body = json.loads(storage.read(f"writes/{RUN}-0.json")[0])
    assert body["run"] == RUN
    assert body["names"]["silver"] == ["a", "ü/b"]


def test_a_name_that_is_recorded_is_not_written_again(storage: Storage) -> None:
    written = WriteJournal(storage, RUN)
    written.note("silver", ["a"])
    storage.delete(f"writes/{RUN}-0.json")
    written.note("silver", ["a"])
    written.note("silver", [])
    assert journal_paths(storage) == []
    written.note("gold", ["a"])
    assert names(storage) == {"silver": {"a"}, "gold": {"a"}}


def test_many_names_are_in_several_objects(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SEGMENT", 3)
    written = WriteJournal(storage, RUN)
    for number in range(8):
        written.note("silver", [f"file {number}"])
    assert journal_paths(storage) == [f"writes/{RUN}-{number}.json" for number in range(3)]
    assert names(storage) == {"silver": {f"file {number}" for number in range(8)}}
    written.close()
    assert journal_paths(storage) == []
    written.close()


def test_an_object_is_named_before_it_is_written(storage: Storage, tmp_path: Path) -> None:
    layer = LocalStorage(tmp_path / "layer")
    journaled = WriteJournal(storage, RUN).storage("silver", layer)
    (tmp_path / "file").write_bytes(b"1")
    journaled.put("a", b"1")
    journaled.put_file("b", tmp_path / "file")
    journaled.create("c", b"1")
    assert names(storage) == {"silver": {"a", "b", "c"}}
    assert [entry.path for entry in layer.list("")] == ["a", "b", "c"]
    assert (journaled.url, journaled.root) == (layer.url, layer.root)
    blocked = LocalStorage(tmp_path / "file in the way")
    (tmp_path / "file in the way").touch()
    with pytest.raises(Exception, match="file in the way"):
        WriteJournal(storage, RUN).storage("gold", blocked).put("d", b"1")
    assert names(storage)["gold"] == {"d"}


def test_every_other_call_reaches_the_storage(storage: Storage, tmp_path: Path) -> None:
    layer = LocalStorage(tmp_path / "layer")
    journaled = WriteJournal(storage, RUN).storage("silver", layer)
    version = journaled.create("a", b"one")
    journaled.swap("a", b"two", version)
    journaled.sync(["a"])
    with journaled.open("a") as stream:
        contents = [stream.read(), journaled.read("a")[0], journaled.local("a").read_bytes()]
    assert contents == [b"two"] * 3
    assert journaled.info("a") == layer.info("a")
    assert journaled.list("") == layer.list("")
    assert journaled.delete("a")
    assert journaled.sweep([""]) == layer.sweep([""]) == 0
    assert layer.list("") == []


def test_staged_files_are_named_at_once_and_then_written(storage: Storage, tmp_path: Path) -> None:
    layer = LocalStorage(tmp_path / "layer")
    staged = StagedStorage(WriteJournal(storage, RUN).storage("silver", layer), tmp_path)
    for name in ("a", "b"):
        (tmp_path / "file").write_text(name)
        staged.put_file(name, tmp_path / "file")
    assert not (tmp_path / "file").exists()
    assert (layer.list(""), journal_paths(storage)) == ([], [])
    with ThreadPoolExecutor(2) as pool:
        staged.flush(pool)
        staged.flush(pool)
    assert [layer.read(entry.path)[0] for entry in layer.list("")] == [b"a", b"b"]
    assert names(storage) == {"silver": {"a", "b"}}


def test_a_storage_without_a_journal_needs_no_names(storage: Storage) -> None:
    storage.note(["a"])
    assert storage.list("") == []


def test_files_of_other_programs_are_no_journal(storage: Storage) -> None:
    own = [f"writes/{RUN}-0.json", f"writes/{RUN}{REMOVAL}-12.json"]
    for path in [*own, "writes/notes.json", f"writes/{RUN}-0.json.bak", f"writes/{RUN}.json"]:
        storage.put(path, b"{}")
    assert sorted(journal_paths(storage)) == sorted(own)
    assert [run_of(path) for path in [*own, "writes/notes.json"]] == [RUN, None, None]


def test_a_damaged_journal_is_reported_and_one_that_is_gone_is_none(storage: Storage) -> None:
    path = f"writes/{RUN}-0.json"
    assert read_journal(storage, path) is None
    storage.put(path, b"{}")
    with pytest.raises(DamagedError) as caught:
        read_journal(storage, path)
    assert "moves it to damaged/" in (caught.value.hint or "")
    WriteJournal(storage, RUN.replace("10", "11")).note("silver", ["a"])
    unreadable: list[str] = []
    assert list(read_journals(storage, unreadable).values()) == [{"silver": {"a"}}]
    assert unreadable == [path]


def test_each_process_that_gets_a_journal_has_segments_of_its_own(storage: Storage) -> None:
    written = WriteJournal(storage, RUN)
    data = pickle.dumps(written)
    for path in ("a", "b"):
        pickle.loads(data).note("silver", [path])  # noqa: S301 (of this test)
    assert names(storage) == {"silver": {"a", "b"}}
    assert len(journal_paths(storage)) == 2
    written.close({"silver": {"a", "b"}})
    assert journal_paths(storage) == []


def test_a_journal_stays_while_it_names_what_no_release_needs(storage: Storage) -> None:
    written = WriteJournal(storage, RUN)
    written.note("silver", ["a", "b"])
    written.close({"silver": {"a"}})
    assert names(storage) == {"silver": {"a", "b"}}
    written.close({"silver": {"a", "b", "c"}})
    assert journal_paths(storage) == []
