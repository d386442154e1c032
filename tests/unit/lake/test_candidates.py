"""The candidates of a lake, and what names of releases and candidates refer to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from medallion.errors import CallError
from medallion.lake.candidates import candidate, candidate_path, candidates, find_candidate, resolve
from medallion.lake.lake import Lake
from medallion.lake.pointer import Pointer
from medallion.records import Candidate, Release

START = datetime(2026, 1, 1, tzinfo=UTC)


def release(ident: str) -> Release:
    return Release(
        id=ident,
        pipeline="shop",
        run=ident,
        created=START,
        previous=None,
        tables={},
        layers={},
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with two releases and one candidate."""
    lake = Lake(tmp_path / "lake")
    pointer = Pointer()
    for ident in ("20260101-000000-000001", "20260102-000000-000002"):
        lake.publish(release(ident), pointer, None)
        pointer = lake.pointer()
    body = release("20260103-000000-000003")
    record = Candidate(name="spring", release=body, base=pointer.release, expires=START)
    lake.records.put(candidate_path("spring"), record)
    return lake


def test_a_release_is_found_by_its_id_or_the_beginning_of_one(lake: Lake) -> None:
    assert resolve(lake, "20260101-000000-000001").id == "20260101-000000-000001"
    assert resolve(lake, "20260102").id == "20260102-000000-000002"
    with pytest.raises(CallError, match=r"'2026' is the beginning of 2 releases: 20260102-.*, "):
        resolve(lake, "2026")
    with pytest.raises(CallError, match="there is no release '2027'"):
        resolve(lake, "2027")


def test_a_candidate_is_found_by_its_name_and_not_by_its_release(lake: Lake) -> None:
    assert resolve(lake, "spring").id == "20260103-000000-000003"
    with pytest.raises(CallError, match=r"no candidate 'sprin' \(did you mean 'spring'\?\)|sprin"):
        resolve(lake, "sprin")
    with pytest.raises(CallError, match="there is no release"):
        resolve(lake, "20260103-000000-000003")
    assert find_candidate(lake, "autumn") is None
    assert candidate(lake, "spring").base == "20260102-000000-000002"
    assert [item.name for item in candidates(lake)] == ["spring"]


@pytest.mark.parametrize("name", ["", "A", "2026", "a/b", "../x", "a" * 61, "next\n"])
def test_a_name_of_a_candidate_is_a_plain_word(name: str) -> None:
    with pytest.raises(CallError, match="is not a name for a candidate"):
        candidate_path(name)
