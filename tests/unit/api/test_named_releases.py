"""The releases that a request names; candidates only where requests may name them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from medallion.errors import CallError
from medallion.lake.candidates import candidate_path
from medallion.lake.lake import Lake
from medallion.lake.pointer import Pointer
from medallion.records import Candidate, Release
from medallion_api.cache.named_releases import NamedReleases

START = datetime(2026, 1, 1, tzinfo=UTC)
PUBLISHED, UNPUBLISHED = "20260101-000000-000001", "20260102-000000-000002"
CANDIDATE = "20260103-000000-000003"


def release(ident: str) -> Release:
    return Release(
        id=ident, pipeline="shop", run=ident, created=START, previous=None, tables={}, layers={}
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with a release, the candidate `spring`, and the release of a run that was killed."""
    lake = Lake(tmp_path / "lake")
    lake.publish(release(PUBLISHED), Pointer(), None)
    lake.put_release(release(UNPUBLISHED))
    record = Candidate(
        name="spring",
        release=release(CANDIDATE),
        base=PUBLISHED,
        expires=START,
        failed=("gate",),
    )
    lake.records.put(candidate_path("spring"), record)
    return lake


def test_the_record_of_a_release_is_read_once_while_it_is_kept(lake: Lake, tmp_path: Path) -> None:
    names = NamedReleases(lake, candidates=False)
    summary = names.named(PUBLISHED).release
    assert names.named("20260101").release is names.named(PUBLISHED).release is summary
    assert summary == names.release(PUBLISHED).summary()
    (tmp_path / f"lake/releases/{PUBLISHED}.json").unlink()
    with pytest.raises(CallError, match="there is no release"):
        names.named(PUBLISHED)


def test_candidates_are_found_by_name_and_id_where_requests_may_name_them(lake: Lake) -> None:
    names = NamedReleases(lake, candidates=True)
    for reference in ("spring", CANDIDATE):
        named = names.named(reference)
        assert (named.candidate, named.failed) == ("spring", ("gate",))
        assert named.release == names.release(reference).summary() == release(CANDIDATE).summary()
    assert names.named(PUBLISHED).candidate == ""
    for candidates, name in ((False, "spring"), (False, "sprint"), (True, "sprint")):
        with pytest.raises(CallError) as caught:
            NamedReleases(lake, candidates=candidates).named(name)
        assert (caught.value.message, caught.value.hint) == (f"there is no release '{name}'", "")
    for candidates, ident in ((False, CANDIDATE), (True, CANDIDATE[:8])):
        with pytest.raises(CallError, match=f"there is no release '{ident}'"):
            NamedReleases(lake, candidates=candidates).named(ident)


def test_a_release_that_was_never_published_is_not_found(lake: Lake) -> None:
    names = NamedReleases(lake, candidates=True)
    for read in (names.named, names.release):
        with pytest.raises(CallError, match=f"there is no release '{UNPUBLISHED}'"):
            read(UNPUBLISHED)
