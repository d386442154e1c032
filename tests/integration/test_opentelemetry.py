"""An OpenTelemetry collector receives the spans and metrics of runs and of the API."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.api import project
from tests.integration import small
from tests.otlp_collector import OtlpCollector, attributes, collecting

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CLIENT = f"00-{TRACE}-{PARENT}-01"


def settings(collector: OtlpCollector, **environment: str) -> dict[str, str]:
    return {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **environment}


def run(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "medallion", "run"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_a_run_is_a_trace(tmp_path: Path) -> None:
    small.write(tmp_path)
    with collecting() as collector:
        done = run(tmp_path, settings(collector, TRACEPARENT=CLIENT))
    assert (done.returncode, done.stderr) == (0, "")
    assert collector.services == {"medallion"}
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE}
    (whole,) = collector.named("run")
    assert whole.parent_span_id.hex() == PARENT
    described = attributes(whole)
    assert described["medallion.run.status"] == "succeeded"
    assert described["medallion.release"]
    parents = {span.span_id: span for span in collector.spans}
    children = {span.name: parents.get(span.parent_span_id) for span in collector.spans}
    for name in ("compute bronze.orders", "compute silver.orders", "compute gold.total", "publish"):
        assert children[name] is whole, name
    assert children["parse source files"].name.startswith("compute bronze.")
    assert children["activate serving"].name == "publish"
    load = collector.named("load total")[0]
    assert attributes(load)["db.system.name"] == "sqlite"
    assert children["load total"] is whole


def test_a_run_is_measured(tmp_path: Path) -> None:
    small.write(tmp_path)
    with collecting() as collector:
        run(tmp_path, settings(collector))
    rows = {
        (found["medallion.table"], found["medallion.fate"]): point.as_int
        for point in collector.metrics["medallion.table.rows"].sum.data_points
        if (found := attributes(point))
    }
    loaded = collector.metrics["medallion.load.rows"].sum.data_points
    assert rows["bronze.orders", "kept"] > 0
    assert {attributes(point)["medallion.sink"] for point in loaded} == {"serving"}
    (duration,) = collector.metrics["medallion.run.duration"].histogram.data_points
    assert (duration.count, attributes(duration)["medallion.run.status"]) == (1, "succeeded")


def test_a_failed_run_is_an_error_without_secrets(tmp_path: Path) -> None:
    small.write(tmp_path)
    yaml = tmp_path / "medallion.yaml"
    rule = "{between: {amount: [0.01, 1000]}, on_fail: quarantine}"
    failing = """{expression: "amount = 0 or '${MY_SECRET}' = ''"}"""
    yaml.write_text(yaml.read_text().replace(rule, failing))
    secret = {"MY_SECRET": "tobemasked"}
    with collecting() as collector:
        done = run(tmp_path, settings(collector, **secret))
    assert done.returncode != 0
    (whole,) = collector.named("run")
    assert whole.status.code == 2
    assert "***" in whole.status.message
    assert "tobemasked" not in str(collector.spans)


def test_a_run_with_nothing_new_is_a_trace_too(tmp_path: Path) -> None:
    small.write(tmp_path)
    for _ in range(2):  # the second writes the stamp
        run(tmp_path, dict(os.environ))
    with collecting() as collector:
        run(tmp_path, settings(collector))
    assert [span.name for span in collector.spans] == ["run"]
    assert attributes(collector.spans[0])["medallion.run.status"] == "unchanged"


def test_an_unreachable_collector_fails_no_run(tmp_path: Path) -> None:
    small.write(tmp_path)
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    done = run(tmp_path, {**os.environ, **endpoint})
    assert done.returncode == 0
    assert "Failed to export" in done.stderr


def test_requests_of_the_api(tmp_path: Path) -> None:
    """Those that are answered on the event loop from a cache, and those that are not."""
    project.publish(tmp_path)
    with collecting() as collector:
        environment = settings(collector, OTEL_BSP_SCHEDULE_DELAY="100")
        with project.gunicorn(tmp_path, 1, "--graceful-timeout", "60", **environment) as place:
            for _ in range(3):
                assert get(place, "/tables", {"traceparent": CLIENT}) == 200
            assert get(place, "/tables/nothing") == 404
            assert get(place, "/nowhere") == 404
            until(lambda: len(collector.named("GET /tables")) >= 3)
    requests = collector.named("GET /tables")
    assert {(each.trace_id.hex(), each.parent_span_id.hex()) for each in requests} == {
        (TRACE, PARENT)
    }
    described = attributes(requests[0])
    assert described == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/tables",
        "url.path": "/tables",
        "url.scheme": "http",
    }
    assert requests[0].kind == 2  # a server
    (missing,) = collector.named("GET /tables/{table}")
    assert attributes(missing)["http.response.status_code"] == 404
    assert missing.trace_id.hex() != TRACE
    assert collector.named("GET")[0].status.code == 0
    assert collector.services == {"medallion-api"}
    points = collector.metrics["http.server.request.duration"].histogram.data_points
    counts = {attributes(point).get("http.route"): point.count for point in points}
    assert counts["/tables"] == 3


def get(place: str, path: str, headers: dict[str, str] | None = None) -> int:
    connection = HTTPConnection(place, timeout=30)
    connection.request("GET", path, headers=headers or {})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


def until(condition: Any) -> None:
    """Wait until spans have arrived; they are sent a moment after the response."""
    for _ in range(900):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("the spans did not arrive")
