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
        name="spring", release=release("20260103-000000-000003"), base=PUBLISHED, expires=START
    )
    lake.records.put(candidate_path("spring"), record)
    return lake


def test_the_record_of_a_release_is_read_once_while_it_is_kept(lake: Lake, tmp_path: Path) -> None:
    names = NamedReleases(lake, candidates=False)
    summary = names.summary(PUBLISHED)
    assert names.summary("20260101") is names.summary(PUBLISHED) is summary
    assert summary == names.release(PUBLISHED).summary()
    (tmp_path / f"lake/releases/{PUBLISHED}.json").unlink()
    with pytest.raises(CallError, match="there is no release"):
        names.summary(PUBLISHED)


def test_candidates_are_found_by_name_where_requests_may_name_them(lake: Lake) -> None:
    assert NamedReleases(lake, candidates=True).summary("spring").id == "20260103-000000-000003"
    for candidates, name in ((False, "spring"), (False, "sprint"), (True, "sprint")):
        with pytest.raises(CallError) as caught:
            NamedReleases(lake, candidates=candidates).summary(name)
        assert (caught.value.message, caught.value.hint) == (f"there is no release '{name}'", "")


def test_a_release_that_was_never_published_is_not_found(lake: Lake) -> None:
    names = NamedReleases(lake, candidates=True)
    for read in (names.summary, names.release):
        with pytest.raises(CallError, match=f"there is no release '{UNPUBLISHED}'"):
            read(UNPUBLISHED)
