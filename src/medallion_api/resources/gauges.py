"""Gauges for Prometheus: the last run, the release's age, and its rows and quarantine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from medallion.errors import MedallionError
from medallion.lake.lake import Lake
from medallion.lake.run_health import run_health
from medallion.records import Tally
from medallion.records.quality import TableQuality, quality_of
from medallion_api.cache.release_reader import ReleaseReader

_RATES = {
    "quarantined": (
        "medallion_table_quarantine_ratio",
        "Share of a table's rows in that were quarantined; of a further phase, if it is named",
    ),
    "warned": (
        "medallion_table_warned_ratio",
        "Share of a table's rows in that break a rule which warns; of a further phase, if named",
    ),
}


def gauges(reading: ReleaseReader, lake: Lake) -> bytes:
    """The gauges as they are now, in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Gauges(reading, lake))
    return generate_latest(registry)


class _Gauges(Collector):
    def __init__(self, reading: ReleaseReader, lake: Lake) -> None:
        self._reading = reading
        self._lake = lake

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What can be read; what cannot is left out, and `up` says which that is."""
        up = GaugeMetricFamily(
            "medallion_up", "Whether the store and the lake can be read", labels=["part"]
        )
        for part, read in (("store", self._of_release), ("lake", self._of_runs)):
            try:
                families = list(read())
            except MedallionError:
                up.add_metric([part], 0)
            else:
                up.add_metric([part], 1)
                yield from families
        yield up

    def _of_release(self) -> Iterator[GaugeMetricFamily]:
        release = self._reading.release()
        age = (datetime.now(UTC) - release.created).total_seconds()
        yield GaugeMetricFamily(
            "medallion_release_age_seconds", "Age of the release that is served", value=age
        )
        rows = GaugeMetricFamily(
            "medallion_table_rows", "Rows of a table of the release", labels=["table"]
        )
        shares = {
            figure: GaugeMetricFamily(name, text, labels=["table"])
            for figure, (name, text) in _RATES.items()
        }
        for name, snapshot in release.tables.items():
            quality = quality_of(snapshot)
            rows.add_metric([name], snapshot.rows)
            for figure, share in shares.items():
                share.add_metric([name], _ratio(quality, figure))
                for phase in quality.later:
                    labels = {"table": name, "phase": phase.label}
                    share.add_sample(share.name, labels, _ratio(phase, figure))
        yield rows
        yield from shares.values()

    def _of_runs(self) -> Iterator[GaugeMetricFamily]:
        health = run_health(self._lake)
        if health is None:
            return
        failing = float(health.failure is not None)
        yield GaugeMetricFamily(
            "medallion_last_run_failed", "Whether the last run that ended failed", value=failing
        )
        if health.last_success:
            moment = (health.last_success.finished or health.last_success.started).timestamp()
            yield GaugeMetricFamily(
                "medallion_last_success_timestamp_seconds",
                "When a run last succeeded, since 1970",
                value=moment,
            )


def _ratio(phase: TableQuality | Tally, figure: str) -> float:
    return getattr(phase, figure) / phase.rows_in if phase.rows_in else 0
