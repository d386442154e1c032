"""Releases, runs, quality, figures and the pages of the documentation."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion.errors import MedallionError
from medallion.identifiers import next_id
from medallion.lake.lease import lease
from medallion_api.app import assemble
from tests.api import project


def test_the_way_in(client: TestClient) -> None:
    welcome = client.simulate_get("/").json
    assert welcome["name"] == "small"
    for path in welcome["links"].values():
        assert client.simulate_get(path).status_code == 200, path


def test_releases(client: TestClient, pipeline: md.Pipeline) -> None:
    (release,) = client.simulate_get("/releases").json["releases"]
    assert release["id"] == pipeline.lake.pointer().release
    assert release["current"] is True
    assert release["tables"]["gold.things"] == 250


def test_groups(client: TestClient) -> None:
    path = (
        "/groups/things?by=colour&metrics=things:count(),worth:sum(price)&sort=-things&price__lt=5"
    )
    groups = client.simulate_get(path)
    assert groups.json["rows"][0] == {"colour": "red", "things": 2, "worth": 3.75}
    other = client.simulate_get(path.replace("sum", "max"))
    assert other.headers["ETag"] != groups.headers["ETag"]
    assert other.json["rows"][0]["worth"] == 3.75
    for wrong in (
        "",
        "by=nope",
        "metrics=x:system(1)",
        "metrics=count()",
        "by=colour&sort=nope",
        "by=colour&nope=1",
    ):
        assert client.simulate_get(f"/groups/things?{wrong}").status_code == 400


def test_the_current_release_hides_where_files_lie(
    client: TestClient, pipeline: md.Pipeline
) -> None:
    shown = client.simulate_get("/releases/current")
    release = md.Release.model_validate(shown.json)
    assert release.id == pipeline.lake.pointer().release
    assert release.tables["silver.orders"].tallies
    assert ".parquet" not in shown.text
    assert str(pipeline.base) not in shown.text


def test_the_latest_run(client: TestClient, pipeline: md.Pipeline) -> None:
    run = client.simulate_get("/runs/latest").json
    assert run["id"] == pipeline.lake.runs()[0].id
    assert {step["table"]: step["rows"] for step in run["steps"]}["gold.things"] == 250
    assert run["refresh"] > run["ingestion"] > 0
    assert {load["table"] for load in run["loads"]} >= {"gold.things", "gold.total"}


def test_quality_adds_up(client: TestClient) -> None:
    tables = {table["table"]: table for table in client.simulate_get("/quality").json["tables"]}
    orders = tables["silver.orders"]
    assert (orders["rows_in"], orders["kept"], orders["deduplicated"], orders["quarantined"]) == (
        7,
        3,
        1,
        3,
    )
    assert sum(orders["rules"].values()) == 4
    for table in tables.values():
        assert (
            table["rows_in"]
            == table["kept"] + table["deduplicated"] + table["dropped"] + table["quarantined"]
        )


def test_metrics_count_by_route_never_by_what_a_client_made_up(client: TestClient) -> None:
    client.simulate_get("/things/137")
    client.simulate_get("/made-up")
    text = client.simulate_get("/metrics").text
    assert 'endpoint="/things/{key:path}",method="GET",status="200"' in text
    assert "made-up" not in text


def test_checking_a_declaration_loads_no_web_library() -> None:
    loaded = "sorted({'falcon', 'orjson', 'gunicorn', 'limits'} & set(sys.modules))"
    code = f"import sys, medallion_api.section; print({loaded})"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip()
        == "[]"
    )


def test_a_failed_run_is_seen_with_its_reason_and_since_when(tmp_path: Path) -> None:
    project.publish(tmp_path)
    api = assemble(project.load(tmp_path))
    client = TestClient(api.app)
    good = client.simulate_get("/runs/latest").json
    assert (good["status"], good["reason"], good["since"]) == ("succeeded", None, None)
    assert good["last_success"] == good["finished"]
    assert _gauge(client, "medallion_last_run_failed") == 0
    yaml = tmp_path / "medallion.yaml"
    yaml.write_text(yaml.read_text().replace("range(250)", "no_such_table"))
    for _ in range(2):
        with pytest.raises(MedallionError):
            project.load(tmp_path).run()
    first, second = sorted(
        run.finished for run in project.load(tmp_path).lake.runs() if run.status == "failed"
    )
    failed = client.simulate_get("/runs/latest").json
    assert failed["status"] == "failed"
    assert "no_such_table" in failed["reason"]
    assert (
        datetime.fromisoformat(failed["since"])
        == first
        < second
        == datetime.fromisoformat(failed["finished"])
    )
    assert failed["last_success"] == good["finished"]
    assert _gauge(client, "medallion_last_run_failed") == 1
    finished = datetime.fromisoformat(good["finished"]).timestamp()
    assert _gauge(client, "medallion_last_success_timestamp_seconds") == pytest.approx(finished)
    assert _gauge(client, "medallion_release_age_seconds") > 0
    assert _gauge(client, 'medallion_table_rows{table="gold.things"}') == 250
    assert _gauge(client, 'medallion_table_quarantine_ratio{table="gold.things"}') == 0
    assert _gauge(client, 'medallion_up{part="store"}') == 1
    api.reading.store.close()


def _gauge(client: TestClient, name: str) -> float:
    (line,) = (
        line
        for line in client.simulate_get("/metrics").text.splitlines()
        if line.startswith(f"{name} ")
    )
    return float(line.rpartition(" ")[2])


def test_a_run_that_died_counts_as_failed(tmp_path: Path) -> None:
    project.publish(tmp_path)
    lake = project.load(tmp_path).lake
    died = lake.runs()[0].model_copy(
        update={"status": "running", "finished": None, "id": next_id(lake.run_ids()[0])}
    )
    lake.put_run(died)
    client = TestClient(assemble(project.load(tmp_path)).app)
    latest = client.simulate_get("/runs/latest").json
    assert (latest["id"], latest["status"]) == (died.id, "failed")
    assert "ended before the run was complete" in latest["reason"]
    assert datetime.fromisoformat(latest["since"]) == died.started
    assert _gauge(client, "medallion_last_run_failed") == 1
    with lease(lake.storage, died.id):
        working = client.simulate_get("/runs/latest").json
        assert (working["status"], working["reason"], working["since"]) == ("running", None, None)
        assert _gauge(client, "medallion_last_run_failed") == 0


def test_warnings_of_the_newest_run_are_shown_and_documented(client: TestClient) -> None:
    steps = client.simulate_get("/runs/latest").json["steps"]
    warnings = {step["table"]: step["warnings"] for step in steps if step["warnings"]}
    assert list(warnings) == ["silver.orders"]
    assert "data/orders/2024-02.csv" in warnings["silver.orders"][0]
    described = client.simulate_get("/openapi.json").json["components"]["schemas"]["StepSummary"]
    assert described["properties"]["warnings"]["items"] == {"type": "string"}
    assert "warnings" in described["required"]
    assert "`warnings`" in described["description"]
