"""The corrections of a lake: its entries, and which of them a snapshot is without."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from medallion.errors import DamagedError
from medallion.lake.corrections import (
    FOLDER,
    add_entry,
    correction_log,
    purge_content,
    warnings,
)
from medallion.lake.lake import Lake
from medallion.records import Correction, CorrectionEntry, Snapshot, SourceFile

START = datetime(2026, 1, 1, tzinfo=UTC)


def correction(ident: str, record: int = 1, sha256: str = "aa") -> Correction:
    return Correction(
        id=ident,
        table="silver.a",
        source="bronze.a",
        file="a.csv",
        sha256=sha256,
        record=record,
        original="{}",
        values={"amount": "1"},
    )


def entry(number: int, *corrections: Correction, revoked: tuple[str, ...] = ()) -> CorrectionEntry:
    ident = f"2026010{number}-000000-000000"
    return CorrectionEntry(
        id=ident, created=START, author="ann", corrections=corrections, revoked=revoked
    )


def snapshot(*sources: SourceFile) -> Snapshot:
    return Snapshot(
        table="bronze.a",
        id="1",
        fingerprint="",
        run="",
        created=START,
        columns=(),
        rows=0,
        bytes=0,
        sources=sources,
    )


def source(sha256: str, *corrections: str, unapplied: tuple[str, ...] = ()) -> SourceFile:
    return SourceFile(
        name="a.csv",
        bytes=1,
        sha256=sha256,
        token="",
        arrived=START,
        form="",
        object="",
        records="",
        columns=(),
        rows=1,
        corrections=corrections,
        unapplied=unapplied,
    )


def test_entries_are_added_and_revoked(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert correction_log(lake).entries == ()
    add_entry(lake, entry(2, revoked=("x",)))
    add_entry(lake, entry(1, correction("x"), correction("y", 2)))
    log = correction_log(lake)
    assert [each.id for each in log.all] == ["x", "y"]
    assert [*log.active] == ["y"]
    assert log.by_file("bronze.a") == {"aa": (correction("y", 2),)}
    assert log.by_file("bronze.b") == {}


def test_a_damaged_entry_is_an_error(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    add_entry(lake, entry(1, correction("x")))
    (path,) = (tmp_path / FOLDER).iterdir()
    path.write_text(path.read_text().replace("ann", "bob"))
    with pytest.raises(DamagedError):
        correction_log(lake)


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        ([source("aa", "x")], None),
        (
            [source("aa", "x", unapplied=("x",))],
            "the record or its columns are read differently now",
        ),
        ([source("aa")], "the next run applies it"),
        ([source("bb")], "a.csv has changed"),
        ([], "a.csv was retracted"),
    ],
)
def test_why_a_snapshot_is_without_a_correction(
    sources: list[SourceFile], reason: str | None, tmp_path: Path
) -> None:
    lake = Lake(tmp_path)
    add_entry(lake, entry(1, correction("x")))
    log = correction_log(lake)
    dropped = log.unapplied("bronze.a", snapshot(*sources))
    assert [why for _, why in dropped] == ([reason] if reason else [])
    lines = warnings(log, snapshot(*sources))
    assert lines == () if reason is None else reason in lines[0]


def test_a_warning_lists_a_limited_number(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    add_entry(lake, entry(1, *(correction(str(number), number) for number in range(1, 31))))
    (line,) = warnings(correction_log(lake), snapshot(source("bb")))
    assert line.startswith("30 corrections not applied: 1 (record 1): a.csv has changed; ")
    assert "; 10 more; " in line


def test_a_purge_empties_entries_and_does_nothing_twice(tmp_path: Path) -> None:
    lake, checks = Lake(tmp_path), list[int]()
    add_entry(lake, entry(1, correction("1", 1), correction("2", 2)))
    purge_content(lake, lambda: checks.append(1))
    assert checks == []
    add_entry(lake, entry(2).model_copy(update={"purged": ("1",)}))
    purge_content(lake, lambda: checks.append(1))
    purge_content(lake, lambda: checks.append(1))
    log = correction_log(lake)
    assert (checks, log.purged) == ([1], {"1"})
    assert [(each.purged, each.values) for each in log.all] == [
        (True, {}),
        (False, {"amount": "1"}),
    ]
    assert list(log.active) == ["2"]
