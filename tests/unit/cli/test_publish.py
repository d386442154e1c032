"""`medallion publish`: a candidate becomes the current release."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.pipeline import Pipeline
from medallion.records import Candidate
from tests.unit.cli.conftest import CLIENTS, Call
from tests.unit.cli.test_rollback import releases, served_rows


@pytest.fixture
def spring(call: Call, published: Path) -> Path:
    """A project with a release of two rows and a candidate of three."""
    (published / "clients.csv").write_text(CLIENTS + "4,Dan,50\n")
    result = call(published, "run", "--no-publish", "--as", "spring")
    assert result.code == 0
    lines = result.out.splitlines()
    assert "not published: kept as candidate spring" in lines
    assert lines[-3:] == [
        f"next: medallion -C {published} diff spring",
        f"      medallion -C {published} publish spring",
        f"      medallion -C {published} discard spring",
    ]
    return published


def test_readers_see_a_candidate_only_when_it_is_published(call: Call, spring: Path) -> None:
    (first,), _ = releases(call, spring)
    ident = Pipeline.load(spring / "medallion.yaml").lake.records.read(
        "candidates/spring.json", Candidate
    )
    assert served_rows(spring) == 2
    result = call(spring, "publish", "spring")
    assert result.code == 0
    (_, second), current = releases(call, spring)
    assert result.out.splitlines() == [
        f"published spring ({ident.release.id}): {first} → {second}",
        f"next: medallion -C {spring} status",
    ]
    assert (current, served_rows(spring)) == (second, 3)
    assert call(spring, "run").out.startswith(f"up to date: release {second}")
    assert call(spring, "publish", "spring").code == 2


def test_a_candidate_is_not_computed_twice(call: Call, spring: Path) -> None:
    again = call(spring, "run", "--no-publish", "--as", "spring")
    assert "up to date: candidate spring already has all 2 tables" in again.out.splitlines()
    document = call(spring, "publish", "spring", "--json").json
    assert document["candidate"] == "spring"
    assert document["before"] < document["candidate_id"] < document["after"]
    assert document["before"] < document["after"]


def test_a_candidate_of_another_base_needs_force_and_may_have_a_note(
    call: Call, spring: Path
) -> None:
    (spring / "clients.csv").write_text(CLIENTS + "5,Eve,20\n6,Fay,21\n")
    assert call(spring, "run").code == 0
    refused = call(spring, "publish", "spring")
    assert refused.code == 2
    assert "spring was computed when release" in refused.err
    assert "--force publishes it as it is" in refused.err
    assert served_rows(spring) == 4
    assert call(spring, "publish", "spring", "--force", "--note", "Eve is a test").code == 0
    assert served_rows(spring) == 3


def test_a_name_needs_no_publish_and_must_be_plain(call: Call, published: Path) -> None:
    assert call(published, "run", "--as", "spring").code == 2
    result = call(published, "run", "--no-publish", "--as", "Spring 1")
    assert result.code == 2
    assert "'Spring 1' is not a name for a candidate" in result.err
    unknown = call(published, "publish", "spring")
    assert unknown.code == 2
    assert "there is no candidate 'spring'" in unknown.err
