"""`medallion runs`: the runs, newest first, and what one of them did."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import Call


def test_runs_are_listed_newest_first(call: Call, published: Path) -> None:
    assert call(published, "run").code == 0
    records = call(published, "runs", "--json").json
    assert [record["status"] for record in records] == ["unchanged", "succeeded"]
    lines = [line.split() for line in call(published, "runs").out.splitlines()[2:]]
    assert [(line[0], line[1]) for line in lines] == [
        (record["id"], record["status"]) for record in records
    ]
    assert [line[-2:] for line in lines] == [
        ["0", records[0]["release"]],
        ["2", records[1]["release"]],
    ]
    assert [record["id"] for record in call(published, "runs", "--limit", "1", "--json").json] == [
        records[0]["id"]
    ]
    assert call(published, "runs", "--limit", "0").code == 2


def test_one_run_is_reported_again(call: Call, published: Path) -> None:
    (record,) = call(published, "runs", "--json").json
    assert call(published, "runs", record["id"], "--json").json == record
    lines = call(published, "runs", record["id"]).out.splitlines()
    assert lines[0].startswith(f"run {record['id']} of shop: succeeded, started ")
    assert lines[-1] == f"release {record['release']}"
    report = next(line.split() for line in lines if line.startswith("gold.clients"))
    assert report[:8] == ["gold.clients", "computed", "4", "2", "1", "0", "1", "2"]


def test_a_failed_run_shows_its_error(call: Call, published: Path) -> None:
    (published / "clients.csv").write_text("id,name\n1,Ann\n")
    assert call(published, "run").code == 1
    failed = call(published, "runs", "--json").json[0]
    assert failed["status"] == "failed"
    assert "no column 'age'" in call(published, "runs", failed["id"]).out


def test_without_a_run_it_says_what_to_run(call: Call, unpublished: Path) -> None:
    expected = f"no runs yet; next: medallion -C {unpublished} run\n"
    assert call(unpublished, "runs") == (0, expected, "")
    unknown = call(unpublished, "runs", "20250101-000000-000000")
    assert unknown.code == 2
    assert "20250101-000000-000000" in unknown.err
