"""A request without OpenTelemetry costs nothing; with it, see the integration test."""

from __future__ import annotations

import json
import subprocess
import sys

CODE = """
import json, sys
{first}
from medallion.secrets import SECRETS
from medallion_api.middleware.request_spans import record_request
SECRETS.add("tobemasked")
record_request("GET", "/clients/tobemasked", "/clients/{key:path}", 503, 0.5, {"scheme": "https"})
record_request("BREW", "/x", "", 404, 0.5, {})
if "opentelemetry" in sys.modules:
    spans = exporter.get_finished_spans()
    print(json.dumps([[each.name, each.status.status_code.name, dict(each.attributes)] for each in spans]))
else:
    print("null")
"""
RECORDER = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
"""


def shown(first: str) -> str:
    code = CODE.replace("{first}", first)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_without_opentelemetry_nothing_is_loaded() -> None:
    assert shown("") == "null\n"


def test_attributes_follow_the_conventions() -> None:
    failed, unknown = json.loads(shown(RECORDER))
    assert failed == [
        "GET /clients/{key:path}",
        "ERROR",
        {
            "http.request.method": "GET",
            "http.response.status_code": 503,
            "http.route": "/clients/{key:path}",
            "url.scheme": "https",
            "url.path": "/clients/***",
            "error.type": "503",
        },
    ]
    assert unknown[:2] == ["HTTP", "UNSET"]
    assert unknown[2]["http.request.method"] == "_OTHER"
    assert "http.route" not in unknown[2]
