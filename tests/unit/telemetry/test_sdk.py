"""The SDK is set up only where the environment says so, and nobody else has."""

from __future__ import annotations

import subprocess
import sys

import pytest

SHOWN = (
    "from medallion.telemetry.sdk import configure\n"
    "configure('medallion')\n"
    "import sys\n"
    "if 'opentelemetry' in sys.modules:\n"
    "    from opentelemetry import metrics, trace\n"
    "    traces, meters = trace.get_tracer_provider(), metrics.get_meter_provider()\n"
    "    print(type(traces).__name__, type(meters).__name__)\n"
    "    if hasattr(traces, 'resource'): print(traces.resource.attributes['service.name'])\n"
)


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({}, ""),
        ({"OTEL_SERVICE_NAME": "x"}, ""),
        ({"OTEL_TRACES_EXPORTER": "none"}, ""),
        ({"OTEL_TRACES_EXPORTER": "console", "OTEL_SDK_DISABLED": "true"}, ""),
        ({"OTEL_TRACES_EXPORTER": "console"}, "TracerProvider _ProxyMeterProvider\nmedallion\n"),
        (
            {"OTEL_METRICS_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
            "TracerProvider _ProxyMeterProvider\nmedallion\n",
        ),
        (
            {"OTEL_TRACES_EXPORTER": "console", "OTEL_SERVICE_NAME": "x"},
            "TracerProvider _ProxyMeterProvider\nx\n",
        ),
        (
            {"OTEL_TRACES_EXPORTER": "console", "OTEL_RESOURCE_ATTRIBUTES": "service.name=y"},
            "TracerProvider _ProxyMeterProvider\ny\n",
        ),
    ],
)
def test_what_is_set_up(environment: dict[str, str], shown: str) -> None:
    assert run(SHOWN, **environment).stdout == shown


def test_a_provider_of_the_application_stays() -> None:
    own = (
        "from opentelemetry import trace\n"
        "from opentelemetry.sdk.trace import TracerProvider\n"
        "from opentelemetry.sdk.resources import Resource\n"
        "own = TracerProvider(resource=Resource({'service.name': 'host'}))\n"
        "trace.set_tracer_provider(own)\n"
    )
    done = run(own + SHOWN, OTEL_TRACES_EXPORTER="console")
    assert done.stdout.splitlines()[-1] == "host"
    assert done.stderr == ""


def test_a_missing_package_is_a_warning_that_names_the_extra() -> None:
    without = "import sys\nsys.modules['opentelemetry.sdk'] = None\n"
    done = run(without + SHOWN.partition("import sys")[0], OTEL_TRACES_EXPORTER="otlp")
    assert "pip install 'medallion-lake[otel]'" in done.stderr


def test_an_unknown_exporter_is_a_warning() -> None:
    done = run(SHOWN, OTEL_TRACES_EXPORTER="zipkin_of_nobody")
    assert "there is no exporter 'zipkin_of_nobody' of traces" in done.stderr
