"""Metrics of runs, in a process of its own: providers can be set once only."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

CODE = """
import json
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from medallion.records import StepRun, Tally
from medallion.telemetry.measurements import measure, measure_step

reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))
first = Tally(label="", rows_in=9, kept=5, quarantined=3, deduplicated=1, rows_out=2)
second = Tally(label="aggregate", rows_in=2, kept=1, quarantined=1, rows_out=1)
step = StepRun(table="silver.t", action="computed", why="", seconds=0.5, bytes=70, tallies=(first, second))
for each in (step, step, step.model_copy(update={"action": "unchanged"})):
    measure_step("shop", each)
measure("http.server.request.duration", 0.02, {"http.route": "/"})
found = {}
for resource in reader.get_metrics_data().resource_metrics:
    for scope in resource.scope_metrics:
        for metric in scope.metrics:
            for point in metric.data.data_points:
                value = getattr(point, "value", None)
                found.setdefault(metric.name, []).append(
                    [metric.unit, value if value is not None else [point.count, point.sum], dict(point.attributes)]
                )
print(json.dumps(found))
"""


def test_figures_of_tables() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    table = {"medallion.pipeline": "shop", "medallion.table": "silver.t"}
    fates = {each["medallion.fate"]: size for _, size, each in found["medallion.table.rows"]}
    assert fates == {"kept": 10, "deduplicated": 2, "quarantined": 6}
    assert found["medallion.table.size"] == [["By", 140, table]]
    assert found["medallion.table.duration"] == [
        ["s", [2, 1.0], {**table, "medallion.action": "computed"}]
    ]
    assert found["http.server.request.duration"] == [["s", [1, 0.02], {"http.route": "/"}]]


def test_without_opentelemetry_nothing_is_measured() -> None:
    code = (
        "import sys\n"
        "from medallion.telemetry.measurements import measure\n"
        "measure('medallion.run.duration', 1.0, {})\n"
        "assert not any(name.startswith('opentelemetry') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
