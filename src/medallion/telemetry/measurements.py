"""Metrics of runs and requests, for OpenTelemetry; without it, they cost one look-up."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from medallion.records import LoadReport, Run, StepRun
from medallion.telemetry.spans import NAME, Attributes

# By name: the kind of instrument, the unit, what it measures.
_INSTRUMENTS = {
    "medallion.run.duration": ("histogram", "s", "Duration of runs."),
    "medallion.table.duration": ("histogram", "s", "Duration of the computation of tables."),
    "medallion.table.rows": ("counter", "{row}", "Rows that came into tables, by their fate."),
    "medallion.table.size": ("counter", "By", "Bytes of computed tables."),
    "medallion.load.duration": ("histogram", "s", "Duration of loads into serving databases."),
    "medallion.load.rows": ("counter", "{row}", "Rows that were loaded."),
    "http.server.request.duration": ("histogram", "s", "Duration of HTTP server requests."),
}
# Those that OpenTelemetry's conventions advise for durations of requests.
_REQUEST_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_BOUNDS = (0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
_FATES = ("kept", "deduplicated", "dropped", "quarantined")


def measure(name: str, value: float, attributes: Attributes) -> None:
    """Record one measurement of an instrument."""
    if "opentelemetry.metrics" not in sys.modules:
        return
    instrument = _instrument(name)
    if _INSTRUMENTS[name][0] == "counter":
        instrument.add(value, attributes)
    else:
        instrument.record(value, attributes)


def measure_run(run: Run, seconds: float) -> None:
    """Record how long a run took."""
    outcome = {"medallion.pipeline": run.pipeline, "medallion.run.status": run.status}
    measure("medallion.run.duration", seconds, outcome)


def measure_step(pipeline: str, step: StepRun) -> None:
    """Record the figures of a computed table; the rows are those of its first phase."""
    if step.action not in ("computed", "failed"):
        return
    table = {"medallion.pipeline": pipeline, "medallion.table": step.table}
    measure("medallion.table.duration", step.seconds, {**table, "medallion.action": step.action})
    if step.action == "computed":
        measure("medallion.table.size", step.bytes, table)
    for tally in step.tallies[:1]:
        for fate in _FATES:
            if size := getattr(tally, fate):
                measure("medallion.table.rows", size, {**table, "medallion.fate": fate})


def measure_load(pipeline: str, load: LoadReport) -> None:
    """Record the figures of a load."""
    if load.loaded:
        place = {
            "medallion.pipeline": pipeline,
            "medallion.table": load.served.table,
            "medallion.sink": load.sink,
        }
        measure("medallion.load.duration", load.seconds, place)
        measure("medallion.load.rows", load.arrived, place)


@cache
def _instrument(name: str) -> Any:
    from opentelemetry import metrics

    kind, unit, text = _INSTRUMENTS[name]
    meter = metrics.get_meter(NAME)
    if kind == "counter":
        return meter.create_counter(name, unit=unit, description=text)
    bounds = _REQUEST_BOUNDS if name.startswith("http") else _BOUNDS
    return meter.create_histogram(
        name, unit=unit, description=text, explicit_bucket_boundaries_advisory=bounds
    )
