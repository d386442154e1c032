"""`medallion status`: what is published, where, who writes, and how the last run ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medallion.cli.status import collect_status
from medallion.lake.lease import lease
from medallion.pipeline import Pipeline
from tests.unit.cli.conftest import Call


def labels(text: str) -> dict[str, str]:
    """The lines above the tables, by label."""
    pairs = (line.partition("  ") for line in text.partition("\n\n")[0].splitlines())
    return {label.strip(): value.strip() for label, _, value in pairs}


def state(folder: Path) -> dict[str, Any]:
    return collect_status(Pipeline.load(folder / "medallion.yaml"))


def test_a_published_release_is_shown_with_its_tables(call: Call, published: Path) -> None:
    result = call(published, "status")
    assert result.code == 0
    lines = labels(result.out)
    assert list(lines) == ["pipeline", "lake", "release", "serving", "last run"]
    assert (lines["pipeline"], lines["lake"]) == ("shop", str(published / "lake"))
    assert lines["serving"] == f"sqlite:{published}/shop.db  shows the same release"
    tables = [line.split() for line in result.out.splitlines()[-2:]]
    assert tables == [
        ["bronze.clients", "4", "4", "4", "0", "0", "0"],
        ["gold.clients", "2", "4", "2", "1", "0", "1"],
    ]


def test_json_has_the_same(call: Call, published: Path) -> None:
    document = call(published, "status", "--json").json
    release = document["release"]
    assert release["tables"] == {"bronze.clients": 4, "gold.clients": 2}
    assert document["sinks"]["serving"]["release"] == release["id"]
    assert document["last_run"]["id"] == release["run"]
    assert document["last_run"]["outcome"] == "succeeded"
    assert (document["writing"], document["failing"]) == (None, None)


def test_before_the_first_run_it_says_what_to_run(call: Call, unpublished: Path) -> None:
    lines = labels(call(unpublished, "status").out)
    assert list(lines) == ["pipeline", "lake", "release", "serving"]
    next_command = f"medallion -C {unpublished} run"
    assert lines["release"] == f"nothing is published yet; next: {next_command}"
    assert lines["serving"].endswith("is empty")


def test_a_database_without_the_release_or_that_cannot_be_read_is_shown(
    call: Call, published: Path
) -> None:
    (published / "shop.db").unlink()
    sink = state(published)["sinks"]["serving"]
    assert (sink["release"], sink["same"], sink["error"]) == (None, False, None)
    serving = labels(call(published, "status").out)["serving"]
    assert serving.endswith(f"is empty; medallion -C {published} run brings it up to date")
    (published / "shop.db").write_text("This is not a database, whatever its name says.")
    assert "cannot be read: " in labels(call(published, "status").out)["serving"]


def test_the_writer_at_work_is_named(published: Path, call: Call) -> None:
    storage = Pipeline.load(published / "medallion.yaml").lake.storage
    with lease(storage, "20250101-000000-000000"):
        writing = labels(call(published, "status").out)["writing"]
        assert state(published)["writing"]["run"] == "20250101-000000-000000"
    assert writing.startswith("run 20250101-000000-000000, process ")
    assert state(published)["writing"] is None


def test_runs_that_fail_are_shown_with_the_reason(call: Call, published: Path) -> None:
    (published / "clients.csv").write_text("id,name\n1,Ann\n")
    assert call(published, "run").code == 1
    text = call(published, "status").out
    lines = labels(text)
    assert "failed, " in lines["last run"]
    assert lines["failing"].startswith("since ")
    assert "no column 'age'" in text
    assert "no column 'age'" in state(published)["failing"].reason
