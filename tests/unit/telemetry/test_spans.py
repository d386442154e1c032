"""Spans in a process of its own: providers can be set once only."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import AbstractContextManager
from typing import Any

from medallion.telemetry import spans

RECORDING = """
import json
from concurrent.futures import ThreadPoolExecutor
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from medallion.secrets import SECRETS
from medallion.telemetry.spans import in_context, process_carrier, record_span, span

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
SECRETS.add("tobemasked")
{body}
print(json.dumps([
    dict(
        name=each.name,
        parent=format(each.parent.span_id, "016x") if each.parent else None,
        ident=format(each.context.span_id, "016x"),
        trace=format(each.context.trace_id, "032x"),
        kind=each.kind.name,
        status=each.status.status_code.name,
        said=each.status.description,
        attributes=dict(each.attributes),
        events=[dict(event.attributes) for event in each.events],
        milliseconds=(each.end_time - each.start_time) // 1_000_000,
    )
    for each in exporter.get_finished_spans()
]))
"""
CLIENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def recorded(body: str, **environment: str) -> dict[str, dict[str, Any]]:
    """The spans that code makes, by name."""
    code = RECORDING.replace("{body}", body)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return {each["name"]: each for each in json.loads(done.stdout)}


def test_without_opentelemetry_a_span_does_nothing() -> None:
    code = (
        "import sys\n"
        "from medallion.telemetry.spans import in_context, record_span, span\n"
        "with span('a') as current: current.set_attributes({'b': 1})\n"
        "record_span('c', {}, 1.0, {}, failed=False)\n"
        "assert in_context(print) is print\n"
        "assert not any(name.startswith('opentelemetry') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_spans_of_other_threads_belong_to_the_current_one() -> None:
    found = recorded(
        "with span('run', {'medallion.run': 'r'}):\n"
        "    with ThreadPoolExecutor(2) as pool:\n"
        "        def work(name):\n"
        "            with span(name) as current: current.set_attributes({'rows': 1})\n"
        "        list(pool.map(in_context(work), 'abc'))\n"
    )
    assert {found[name]["parent"] for name in "abc"} == {found["run"]["ident"]}
    assert found["a"]["attributes"] == {"rows": 1}
    assert found["run"]["attributes"] == {"medallion.run": "r"}
    assert (found["run"]["parent"], found["run"]["kind"]) == (None, "INTERNAL")


def test_an_error_is_recorded_without_secrets() -> None:
    found = recorded(
        "try:\n"
        "    with span('load', kind='client'): raise ValueError('no tobemasked here')\n"
        "except ValueError: pass\n"
    )
    load = found["load"]
    assert (load["status"], load["said"], load["kind"]) == ("ERROR", "no *** here", "CLIENT")
    assert load["attributes"] == {"error.type": "ValueError"}
    assert load["events"] == [{"exception.type": "ValueError", "exception.message": "no *** here"}]


def test_a_carrier_names_the_parent_unless_there_is_one() -> None:
    found = recorded(
        "with span('run', carrier=process_carrier()):\n"
        "    with span('inner', carrier=process_carrier()): pass\n"
        "record_span('GET /', {'http.route': '/'}, 0.25, process_carrier(), failed=True)\n",
        TRACEPARENT=CLIENT,
    )
    _, trace_id, parent, _ = CLIENT.split("-")
    assert (found["run"]["trace"], found["run"]["parent"]) == (trace_id, parent)
    assert found["inner"]["parent"] == found["run"]["ident"]
    request = found["GET /"]
    assert (request["trace"], request["kind"], request["status"]) == (trace_id, "SERVER", "ERROR")
    assert request["milliseconds"] == 250


def test_a_span_without_a_recorder_is_a_context_manager() -> None:
    context: AbstractContextManager[spans.Span] = spans.span("a")
    with context as current:
        current.set_attributes({"b": 1})
