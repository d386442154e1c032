"""`medallion rollback --hold` and `medallion resume`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import CLIENTS, Call
from tests.unit.cli.test_rollback import releases, served_rows


@pytest.fixture
def held(call: Call, published: Path) -> Path:
    """A project that was rolled back from three rows to two, and is held."""
    (published / "clients.csv").write_text(CLIENTS + "4,Dan,50\n")
    assert call(published, "run").code == 0
    result = call(published, "rollback", "--hold")
    assert result.code == 0
    line = f"runs publish nothing until medallion -C {published} resume"
    assert result.out.splitlines()[1] == line
    return published


def test_runs_publish_nothing_until_they_may_again(call: Call, held: Path) -> None:
    result = call(held, "run")
    assert result.code == 0
    assert "publication is on hold since" in result.out
    assert "not published: kept as candidate next" in result.out
    assert served_rows(held) == 2
    again = call(held, "run", "--json").json
    assert (again["status"], again["candidate"], again["release"]) == ("unchanged", "next", None)
    status = call(held, "status")
    assert "held" in status.out
    assert "resume ends that" in status.out
    document = call(held, "status", "--json").json
    assert document["held"]
    assert [item["name"] for item in document["candidates"]] == ["next"]
    listed = call(held, "releases")
    assert "next" in listed.out
    resumed = call(held, "resume")
    assert resumed.out.startswith("resumed: publication was on hold since ")
    assert served_rows(held) == 2
    assert call(held, "run").code == 0
    assert served_rows(held) == 3
    assert call(held, "resume").out.startswith("runs publish already")
    assert call(held, "resume", "--json").json == {"held": None}


def test_a_candidate_is_published_by_force_while_the_others_are_held(
    call: Call, held: Path
) -> None:
    assert call(held, "run").code == 0
    refused = call(held, "publish", "next")
    assert refused.code == 2
    assert "publication is on hold since" in refused.err
    assert call(held, "publish", "next", "--force").code == 0
    assert served_rows(held) == 3
    assert call(held, "status", "--json").json["held"]


def test_a_run_with_nothing_new_says_that_it_is_held(call: Call, held: Path) -> None:
    (held / "clients.csv").write_text(CLIENTS)
    result = call(held, "run")
    assert "up to date: release" in result.out
    assert "publication is on hold since" in result.out
    assert not (held / "lake/candidates/next.json").exists()
    assert "publication is on hold since" in call(held, "run").out  # not answered by a stamp


def test_the_current_release_is_held_too(call: Call, published: Path) -> None:
    (only,), _ = releases(call, published)
    assert call(published, "rollback", only, "--hold").code == 0
    (published / "clients.csv").write_text(CLIENTS + "4,Dan,50\n")
    assert call(published, "run", "--json").json["candidate"] == "next"
    assert call(published, "rollback", only).code == 0  # a further rollback ends nothing
    assert call(published, "status", "--json").json["held"]
