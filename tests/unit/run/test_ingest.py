"""The files of a bronze table: which there are, what changed, and what is stored."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from medallion.errors import SourceError
from medallion.records import Snapshot
from medallion.run import ingest
from medallion.run.ingest import (
    BronzeFile,
    ingest_table,
    records_path,
    touched_tokens,
)
from medallion.run.source_matches import SourceTable
from tests.unit.run.conftest import FILES, snapshot, source_file, with_source


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def published(files: list[BronzeFile]) -> Snapshot:
    """The snapshot of these files, as a run records it that read them an hour after the last change."""
    sources = [
        source_file(
            file.name,
            file.sha256,
            bytes=file.entry.bytes,
            token=file.entry.token,
            arrived=file.arrived + timedelta(hours=1),
            object=file.object.path,
        )
        for file in files
    ]
    return snapshot("bronze.orders", sources=tuple(sources))


def test_new_files_are_stored_under_their_hashes(orders: SourceTable, scratch: Path) -> None:
    arrival, files = ingest_table(orders, None, scratch)
    assert dict(arrival.changes) == {"new": 2, "retracted": 0}
    assert [file.name for file in files] == ["orders/a.csv", "orders/b.csv"]
    for file in files:
        data = FILES[file.name].encode()
        assert file.sha256 == sha256(data).hexdigest()
        assert orders.storage.read(file.object.path)[0] == data
    assert [file.form.name for file in files] == ["csv", "csv"]
    assert list(scratch.iterdir()) == []
    assert [(file.name, file.bytes) for file in arrival.files] == [
        (file.name, file.entry.bytes) for file in files
    ]
    assert all(file.identity.startswith(f"{file.sha256}-") for file in files)
    paths = [records_path(orders, some) for some in (files, files[:1], files[1:], files[::-1])]
    assert len(set(paths)) == 4


def test_a_dry_run_finds_the_same_and_stores_nothing(orders: SourceTable, scratch: Path) -> None:
    dry, files = ingest_table(orders, None, None)
    assert not Path(orders.storage.url).exists()
    wet, stored = ingest_table(orders, None, scratch)
    assert (dry.fingerprint, dict(dry.changes)) == (wet.fingerprint, dict(wet.changes))
    assert [file.sha256 for file in files] == [file.sha256 for file in stored]


def test_changes_are_counted_by_content_not_by_time(
    orders: SourceTable, scratch: Path, tmp_path: Path
) -> None:
    first, files = ingest_table(orders, None, scratch)
    before = published(files)
    os.utime(tmp_path / "orders/a.csv", (1, 1))
    (tmp_path / "orders/b.csv").write_text("id,client,amount\n3,x,30\n")
    (tmp_path / "orders/c.csv").write_text("id,client,amount\n")
    second, _ = ingest_table(orders, before, scratch)
    assert dict(second.changes) == {"unchanged": 1, "changed": 1, "new": 1, "retracted": 0}
    assert second.fingerprint != first.fingerprint
    (tmp_path / "orders/b.csv").unlink()
    (tmp_path / "orders/c.csv").unlink()
    third, _ = ingest_table(orders, before, scratch)
    assert dict(third.changes) == {"unchanged": 1, "retracted": 1}


def test_an_unchanged_file_is_not_read_unless_it_is_to_be(
    orders: SourceTable, scratch: Path
) -> None:
    _, files = ingest_table(orders, None, scratch)
    before = published(files)
    for file in files:
        orders.storage.delete(file.object.path)

    def stored(**options: Any) -> int:
        ingest_table(orders, before, scratch, **options)
        return sum(orders.storage.info(file.object.path) is not None for file in files)

    assert stored() == 0
    assert stored(lost=[files[0].object.path]) == 1
    assert stored(full=True) == 2


def test_files_that_were_only_touched_have_new_tokens(
    orders: SourceTable, scratch: Path, tmp_path: Path
) -> None:
    _, files = ingest_table(orders, None, scratch)
    before = published(files)
    _, same = ingest_table(orders, before, scratch)
    assert touched_tokens(before, same) == {}
    assert touched_tokens(None, same) == {}
    os.utime(tmp_path / "orders/a.csv", (1, 1))
    _, again = ingest_table(orders, before, scratch)
    (touched,) = touched_tokens(before, again).items()
    assert touched[0] == "orders/a.csv"
    assert touched[1].sha256 == files[0].sha256


def test_a_touched_file_is_not_read_while_its_token_is_of_the_same_bytes(
    orders: SourceTable, scratch: Path, tmp_path: Path
) -> None:
    _, files = ingest_table(orders, None, scratch)
    before = published(files)
    os.utime(tmp_path / "orders/a.csv", (1, 1))
    _, again = ingest_table(orders, before, scratch)
    (token,) = touched_tokens(before, again).values()
    later = token.model_copy(update={"read": token.read + timedelta(hours=1)})
    orders.storage.delete(files[0].object.path)
    ingest_table(orders, before, scratch, touched={files[0].name: later})
    assert orders.storage.info(files[0].object.path) is None
    other = later.model_copy(update={"sha256": "other bytes"})
    ingest_table(orders, before, scratch, touched={files[0].name: other})
    assert orders.storage.info(files[0].object.path) is not None


def test_the_fingerprint_depends_on_how_files_are_read(orders: SourceTable) -> None:
    declared = [
        {},
        {"format": {"csv": {"delimiter": ","}}},
        {"schema_policy": "freeze"},
        {"columns": ("id", "client", "amount")},
    ]
    marks = [
        ingest_table(with_source(orders, "orders/*.csv", **fields), None, None)[0].fingerprint
        for fields in declared
    ]
    assert len({*marks, ingest_table(replace(orders, number=5), None, None)[0].fingerprint}) == 5
    assert marks[0] == ingest_table(orders, None, None)[0].fingerprint


def test_files_are_stored_in_batches_of_limited_number_and_size(
    orders: SourceTable, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = ingest_table(orders, None, None)[0].fingerprint
    for limit, value in [("STAGED_FILES", 1), ("STAGED_BYTES", 1)]:
        monkeypatch.setattr(ingest, limit, value)
        assert ingest_table(orders, None, scratch)[0].fingerprint == expected
        monkeypatch.undo()


def test_a_file_is_read_only_when_all_changes_are_in_it(
    orders: SourceTable, scratch: Path, tmp_path: Path
) -> None:
    table = with_source(orders, "orders/*.sqlite")
    (tmp_path / "orders/a.sqlite").write_bytes(b"x")
    _, files = ingest_table(table, None, scratch)
    (tmp_path / "orders/a.sqlite-wal").write_bytes(b"x")
    with pytest.raises(SourceError, match=r"^orders/a.sqlite: has changes in a.sqlite-wal"):
        ingest_table(table, None, scratch)
    arrival, _ = ingest_table(table, published(files), scratch)
    assert dict(arrival.changes) == {"unchanged": 1, "retracted": 0}
