"""OpenTelemetry's SDK, set up by its own variables in a process that has not done so itself."""

from __future__ import annotations

import os
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from medallion.secrets import SECRETS, masked_logger
from medallion.telemetry.environment import exporters

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource

SECONDS = 3.0  # that the end of a process waits for a collector, unless a variable says another
_EXPORTERS = "opentelemetry.exporter.otlp.common.http"

_log = masked_logger(__name__)


@cache
def configure(service: str) -> None:
    """Export spans and metrics of this process, if its environment says where to.

    A tracer or meter provider that the application has set stays. Parameters: `service` is the
    name under which they are shown, unless the environment says another.
    """
    traces, metrics = exporters("traces"), exporters("metrics")
    if not traces and not metrics:
        return
    try:
        from opentelemetry.sdk.resources import Resource
    except ImportError:
        _log.warning(
            "OpenTelemetry is configured, and not installed: pip install 'medallion-lake[otel]'"
        )
        return
    for name, value in os.environ.items():
        if name.startswith("OTEL_EXPORTER_OTLP") and name.endswith("HEADERS"):
            SECRETS.add(*(unquote(pair.partition("=")[2]) for pair in value.split(",")))
    masked_logger(_EXPORTERS)
    attributes: dict[str, Any] = {"service.version": metadata.version("medallion-lake")}
    named = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    if "OTEL_SERVICE_NAME" not in os.environ and "service.name=" not in named:
        attributes["service.name"] = service
    resource = Resource.create(attributes)
    _export_spans(traces, resource)
    _export_metrics(metrics, resource)


def _export_spans(names: tuple[str, ...], resource: Resource) -> None:
    from opentelemetry import trace

    if not names or not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=resource)
    for exporter in _exporters("traces", names):
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def _export_metrics(names: tuple[str, ...], resource: Resource) -> None:
    from opentelemetry import metrics

    # There is no public class of the provider that stands for none.
    if not names or not type(metrics.get_meter_provider()).__name__.startswith("_Proxy"):
        return
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    readers = [PeriodicExportingMetricReader(each) for each in _exporters("metrics", names)]
    metrics.set_meter_provider(MeterProvider(readers, resource))


def _exporters(signal: str, names: tuple[str, ...]) -> list[Any]:
    """The exporters of these names that are installed, as OpenTelemetry's entry points say."""
    exporters = []
    for name in names:
        settings: dict[str, float] = {}
        if name == "otlp":
            prefix, own = "OTEL_EXPORTER_OTLP", f"OTEL_EXPORTER_OTLP_{signal.upper()}"
            protocol = os.environ.get(f"{own}_PROTOCOL") or os.environ.get(f"{prefix}_PROTOCOL")
            name = f"otlp_proto_{'grpc' if protocol == 'grpc' else 'http'}"
            if not {f"{own}_TIMEOUT", f"{prefix}_TIMEOUT"} & os.environ.keys():
                settings = {"timeout": SECONDS}
        points = metadata.entry_points(group=f"opentelemetry_{signal}_exporter", name=name)
        try:
            exporters += [point.load()(**settings) for point in points]
        except Exception as error:  # of a package that is installed in part, or its settings
            _log.warning("OpenTelemetry: exporter %s: %s: %s", name, type(error).__name__, error)
            continue
        if not points:
            _log.warning("OpenTelemetry: there is no exporter %r of %s", name, signal)
    return exporters
