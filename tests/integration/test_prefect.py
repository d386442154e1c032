"""A pipeline as a flow on a real Prefect server, from an environment that has only its client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

import medallion as md
from tests.integration import small

FLOW = "from medallion.integrations.prefect import flow\nflow('medallion.yaml', pause=0.1)()\n"
ONE_FAULT = """\
from medallion.errors import StorageError
from medallion.storage.local import LocalStorage

right, faults = LocalStorage.put_file, []

def put_file(self, path, file):
    if path.startswith("by_client/") and not faults:
        faults.append(path)
        raise StorageError("the disk stumbled")
    right(self, path, file)

LocalStorage.put_file = put_file
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small project under a name of its own, by which the server's records are told apart."""
    small.write(
        tmp_path / "project", small.YAML.replace("name: small", f"name: p{uuid4().hex[:12]}")
    )
    return tmp_path / "project"


def test_every_step_is_a_task_run_with_logs_and_the_runs_table(
    folder: Path, prefect_api: str
) -> None:
    assert python(folder, prefect_api, FLOW) == 0
    pipeline = small.load(folder)
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    made = flow_run(prefect_api, pipeline)
    assert made["state_type"] == "COMPLETED"
    assert states(prefect_api, made) == dict.fromkeys(
        pipeline.declaration.names(), ("COMPLETED", 1)
    )
    said = [line["message"] for line in asked(prefect_api, "logs/filter", within("logs", made))]
    assert any("silver.orders: computed, 3 rows" in line for line in said)
    (table,) = asked(prefect_api, "artifacts/filter", table_of(made))
    rows = {row["table"]: row for row in json.loads(table["data"])}
    assert rows.keys() == set(pipeline.declaration.names())
    assert rows["silver.orders"]["quarantined"] == 3
    assert python(folder, prefect_api, FLOW) == 0
    assert pipeline.lake.runs()[0].status == "unchanged"


def test_a_transient_error_is_retried_and_bad_data_is_not(folder: Path, prefect_api: str) -> None:
    assert python(folder, prefect_api, ONE_FAULT + FLOW) == 0
    pipeline = small.load(folder)
    assert small.in_lake(pipeline) == small.BOTH
    assert states(prefect_api, flow_run(prefect_api, pipeline))["gold.by_client"] == (
        "COMPLETED",
        2,
    )
    (folder / "data/orders/2024-03.csv").write_bytes(b"\x00\x01\x02")
    assert python(folder, prefect_api, FLOW) != 0
    failed = flow_run(prefect_api, pipeline)
    assert failed["state_type"] == "FAILED"
    assert states(prefect_api, failed)["bronze.orders"] == ("FAILED", 1)
    (table,) = asked(prefect_api, "artifacts/filter", table_of(failed))
    assert "2024-03.csv" in table["data"]
    assert small.in_lake(pipeline) == small.BOTH


def test_served_on_a_schedule(folder: Path, prefect_api: str) -> None:
    command = [
        sys.executable,
        "-m",
        "medallion.integrations.prefect",
        "medallion.yaml",
        "--cron",
        "0 0 1 1 *",
    ]
    with (folder / "serve.log").open("wb") as log:
        serving = subprocess.Popen(
            command, cwd=folder, env=environment(folder, prefect_api), stdout=log, stderr=log
        )
    try:
        pipeline = small.load(folder)
        name = {"deployments": {"name": {"any_": [pipeline.declaration.name]}}}
        (deployed,) = until(lambda: asked(prefect_api, "deployments/filter", name), folder)
        assert deployed["schedules"][0]["schedule"]["cron"] == "0 0 1 1 *"
        asked(prefect_api, f"deployments/{deployed['id']}/create_flow_run", {})
        until(lambda: pipeline.lake.current(), folder)
        assert small.in_lake(pipeline) == small.BOTH
    finally:
        serving.terminate()
        serving.wait(120)


def test_sqlalchemy_is_not_needed() -> None:
    code = "import sys, medallion.integrations.prefect; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def python(folder: Path, server: str, code: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment(folder, server),
        check=False,
        capture_output=True,
    )
    print(done.stdout.decode(), done.stderr.decode())
    return done.returncode


def environment(folder: Path, server: str) -> dict[str, str]:
    return {**os.environ, "PREFECT_API_URL": server, "PREFECT_HOME": str(folder.parent / "client")}


def flow_run(server: str, pipeline: md.Pipeline) -> dict[str, Any]:
    """The newest run of the pipeline's flow."""
    name = {"flows": {"name": {"any_": [pipeline.declaration.name]}}, "sort": "START_TIME_DESC"}
    found: dict[str, Any] = asked(server, "flow_runs/filter", name)[0]
    return found


def within(what: str, made: dict[str, Any]) -> dict[str, Any]:
    return {what: {"flow_run_id": {"any_": [made["id"]]}}}


def table_of(made: dict[str, Any]) -> dict[str, Any]:
    return {
        "artifacts": {"flow_run_id": {"any_": [made["id"]]}, "key": {"any_": ["medallion-run"]}}
    }


def states(server: str, made: dict[str, Any]) -> dict[str, tuple[str, int]]:
    """State and number of tries of each task."""
    runs = until(
        lambda: [
            run
            for run in [
                asked(server, "task_runs/filter", {"flow_runs": {"id": {"any_": [made["id"]]}}})
            ]
            if run and all(task["state_type"] in ("COMPLETED", "FAILED") for task in run)
        ]
    )[0]
    return {run["name"].rpartition("-")[0]: (run["state_type"], run["run_count"]) for run in runs}


def asked(server: str, path: str, body: dict[str, Any]) -> Any:
    """The response to a request, retried on 503 from a busy server as Prefect's own client does."""
    content, headers = json.dumps(body).encode(), {"content-type": "application/json"}
    request = Request(f"{server}/{path}", content, headers)  # noqa: S310
    end = time.monotonic() + 120
    while True:
        try:
            with urlopen(request, timeout=120) as answer:  # noqa: S310 (an address of our own)
                return json.load(answer)
        except HTTPError as refused:
            refused.close()
            if refused.code != 503 or time.monotonic() > end:
                raise
            time.sleep(0.5)


def until(look: Any, folder: Path | None = None, seconds: float = 240) -> Any:
    """The first result of `look` that is not empty: the server stores events with a delay."""
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            pytest.fail(
                (folder / "serve.log").read_text() if folder else "the server does not know of it"
            )
        time.sleep(0.3)
    return found
