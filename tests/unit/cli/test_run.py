"""`medallion run`: what is printed when it succeeds, changes nothing, or fails."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.cli.conftest import CLIENTS, Call


def test_a_first_run_reports_tables_loads_and_what_is_next(call: Call, unpublished: Path) -> None:
    result = call(unpublished, "run")
    assert (result.code, result.err) == (0, "")
    assert re.search(r"^gold\.clients: computed, 2 rows, [\d.]+ s$", result.out, re.MULTILINE)
    assert re.search(r"^gold\.clients +computed +4 +2 +1 +0 +1 +2 ", result.out, re.MULTILINE)
    assert "published release" in result.out
    assert f"next: medallion -C {unpublished} show gold.clients" in result.out
    assert "1 rejected row, with reasons" in result.out


def test_a_run_without_changes_says_so_in_two_lines(call: Call, published: Path) -> None:
    (release,) = (item["id"] for item in call(published, "releases", "--json").json)
    result = call(published, "run")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        f"up to date: release {release} already has all 2 tables",
        f"next: medallion -C {published} status",
    ]
    assert call(published, "run", "--json").json["status"] == "unchanged"
    assert call(published, "-q", "run") == (0, "", "")


def test_json_is_the_record_of_the_run(call: Call, published: Path) -> None:
    (published / "clients.csv").write_text(CLIENTS + "4,Dan,50\n")
    record = call(published, "run", "--json").json
    assert record["status"] == "succeeded"
    actions = {step["table"]: (step["action"], step["rows"]) for step in record["steps"]}
    assert actions == {"bronze.clients": ("computed", 5), "gold.clients": ("computed", 3)}
    assert call(published, "runs", record["id"], "--json").json == record


def test_only_selected_tables_are_computed(call: Call, published: Path) -> None:
    (published / "clients.csv").write_text(CLIENTS + "4,Dan,50\n")
    record = call(published, "run", "--only", "bronze.clients", "--json").json
    assert [step["action"] for step in record["steps"]] == ["computed", "not run"]
    assert record["release"] is None
    full = call(published, "run", "--full", "--json").json
    assert [step["action"] for step in full["steps"]] == ["computed", "computed"]


def test_a_failed_run_says_what_readers_still_see(call: Call, published: Path) -> None:
    (release,) = (item["id"] for item in call(published, "releases", "--json").json)
    (published / "clients.csv").write_text("id,name\n1,Ann\n")
    result = call(published, "run")
    assert result.code == 1
    assert re.search(r"^gold\.clients +failed", result.out, re.MULTILINE)
    assert "no column 'age'" in result.err
    assert result.err.splitlines()[-1] == f"release {release} is still published"
    document = call(published, "run", "--json")
    assert (document.code, document.out) == (1, "")


def test_a_failed_first_run_says_that_nothing_is_published(call: Call, unpublished: Path) -> None:
    (unpublished / "clients.csv").unlink()
    result = call(unpublished, "run")
    assert result.code == 1
    assert result.err.splitlines()[-1] == "nothing is published yet"


def test_an_unknown_table_is_not_a_run(call: Call, published: Path) -> None:
    result = call(published, "run", "--from", "gold.client")
    assert (result.code, result.out) == (2, "")
    assert "did you mean 'gold.clients'" in result.err
    assert "still published" not in result.err
    assert len(call(published, "runs", "--json").json) == 1
