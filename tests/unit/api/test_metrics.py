"""Metrics of requests in Prometheus' text format."""

from __future__ import annotations

import pytest

from medallion_api.middleware.metrics import Metrics, MetricsResource
from tests.unit.api.parts import client_of


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)


def values(metrics: Metrics) -> dict[str, float]:
    lines = metrics.text().decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def test_requests_are_counted_by_method_endpoint_and_status() -> None:
    metrics = Metrics()
    metrics.observe("GET", "/things", 200, 0.1)
    metrics.observe("GET", "/things", 200, 0.1)
    metrics.observe("GET", "/things", 404, 0.1)
    counts = values(metrics)
    labels = 'endpoint="/things",method="GET",status='
    assert counts[f'medallion_api_requests_total{{{labels}"200"}}'] == 2
    assert counts[f'medallion_api_requests_total{{{labels}"404"}}'] == 1
    assert values(Metrics()) == {}


def test_durations_are_counted_in_buckets_of_their_endpoint() -> None:
    metrics = Metrics()
    for seconds in (0.0004, 0.02, 11):
        metrics.observe("GET", "/things", 200, seconds)
    counts = values(metrics)
    name = 'medallion_api_request_seconds_bucket{endpoint="/things",le="'
    bounds = ("0.0005", "0.01", "0.025", "10.0", "+Inf")
    assert [counts[f'{name}{bound}"}}'] for bound in bounds] == [1, 1, 2, 2, 3]
    total = counts['medallion_api_request_seconds_sum{endpoint="/things"}']
    assert total == pytest.approx(11.0204)


def test_methods_that_a_client_invents_are_one() -> None:
    metrics = Metrics()
    for method in ("BREW", "GETS", "get"):
        metrics.observe(method, "/", 405, 0.1)
    assert (
        values(metrics)['medallion_api_requests_total{endpoint="/",method="other",status="405"}']
        == 3
    )


def test_the_page_has_the_metrics_and_the_gauges_and_is_not_cached() -> None:
    metrics = Metrics()
    metrics.observe("GET", "/", 200, 0.1)
    result = client_of(metrics=MetricsResource(metrics, lambda: b"medallion_up 1.0\n"))
    page = result.simulate_get("/metrics")
    assert page.content == metrics.text() + b"medallion_up 1.0\n"
    assert page.headers["Content-Type"].startswith("text/plain")
    assert page.headers["Cache-Control"] == "no-store"
    assert result.simulate_head("/metrics").content == b""
