"""Metrics for Prometheus, of all gunicorn workers when `PROMETHEUS_MULTIPROC_DIR` is set."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from falcon import Request, Response

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Requests by endpoint and status, and how long they took."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "medallion_api_requests",
            "Requests answered",
            ("method", "endpoint", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "medallion_api_request_seconds",
            "Seconds to answer",
            ("endpoint",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._children = lru_cache(1000)(self._labelled)

    def observe(self, method: str, endpoint: str, status: int, seconds: float) -> None:
        """Count one request; `endpoint` is a route, never a client's text."""
        requests, duration = self._children(method, endpoint, status)
        requests.inc()
        duration.observe(seconds)

    def text(self) -> bytes:
        """The metrics of all workers in Prometheus' text format."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)

    def _labelled(self, method: str, endpoint: str, status: int) -> tuple[Any, Any]:
        known = (
            method
            if method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
            else "other"
        )
        return self._requests.labels(known, endpoint, str(status)), self._seconds.labels(endpoint)


class MetricsResource:
    def __init__(self, metrics: Metrics, of_release: Callable[[], bytes]) -> None:
        self._metrics = metrics
        self._of_release = of_release

    def on_get(self, req: Request, resp: Response) -> None:
        resp.data = self._metrics.text() + self._of_release()
        resp.content_type = CONTENT_TYPE_LATEST
        resp.set_header("Cache-Control", "no-store")

    on_head = on_get
