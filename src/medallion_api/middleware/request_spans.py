"""Requests for OpenTelemetry: a server span and a duration, with its semantic conventions."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from medallion.secrets import mask
from medallion.telemetry.measurements import measure
from medallion.telemetry.spans import Attributes, record_span

CARRIER = ("traceparent", "tracestate")  # the headers that name the client's span
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT")


def record_request(
    method: str,
    path: str,
    route: str,
    status: int,
    seconds: float,
    carrier: Mapping[str, str],
) -> None:
    """Record a request that was answered; `route` is empty where no resource is.

    Parameters: `carrier` has the URL's `scheme` and the headers that name the client's span.
    """
    if "opentelemetry" not in sys.modules:
        return
    known = method if method in _METHODS else "_OTHER"
    attributes: dict[str, str | int | float | bool] = {
        "http.request.method": known,
        "http.response.status_code": status,
        "url.scheme": carrier.get("scheme", "http"),
    }
    if route:
        attributes["http.route"] = route
    failed = status >= 500
    if failed:
        attributes["error.type"] = str(status)
    measure("http.server.request.duration", seconds, attributes)
    described: Attributes = {**attributes, "url.path": mask(path)}
    name = f"{known if known in _METHODS else 'HTTP'} {route}".strip()
    record_span(name, described, seconds, carrier, failed=failed)
