"""A collector of OpenLineage events that accepts only what the published schemas allow."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from tests.http_servers import listening

SPECIFICATION = Path(__file__).parent / "data" / "openlineage"
CORE = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
FACETS = ("facets", "inputFacets", "outputFacets")


@cache
def _documents() -> dict[str, Any]:
    """The schemas by file name: the client may send a later patch of a facet's version."""
    texts = [path.read_text() for path in SPECIFICATION.glob("*.json")]
    own = files("medallion.lineage.openlineage") / "release_facets.json"
    documents = [json.loads(text) for text in (*texts, own.read_text())]
    return {re.split("[/:]", document["$id"])[-1]: document for document in documents}


@cache
def _validator(url: str) -> Draft202012Validator:
    base, _, pointer = url.partition("#")
    document = _documents()[re.split("[/:]", base)[-1]]
    registry = Registry().with_resources(
        (each["$id"], Resource.from_contents(each)) for each in _documents().values()
    )
    schema = {"$ref": f"{document['$id']}#{pointer}"}
    return Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())


def problems(event: dict[str, Any]) -> list[str]:
    """All that contradicts the published schemas: of the event, and of each of its facets."""
    found = [error.message for error in _validator(CORE).iter_errors(event)]
    for facet in _facets(event):
        found += [
            f"{facet['_schemaURL']}: {error.message}"
            for error in _validator(facet["_schemaURL"]).iter_errors(facet)
        ]
    return found


def _facets(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in (event["run"], event["job"], *event["inputs"], *event["outputs"]):
        for kind in FACETS:
            yield from part.get(kind, {}).values()


class Collector:
    """The events that a collector received, and what was wrong with them."""

    def __init__(self) -> None:
        self.url = ""
        self.events: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self.keys: set[str | None] = set()
        self.paths: set[str] = set()

    def of(self, job: str) -> list[dict[str, Any]]:
        """The events of a job, in the order in which they came."""
        return [event for event in self.events if event["job"]["name"] == job]

    def states(self, job: str) -> list[str]:
        return [event["eventType"] for event in self.of(job)]


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens at its `url`, in a thread of its own."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            event = json.loads(body)
            collector.events.append(event)
            collector.problems += problems(event)
            collector.keys.add(self.headers["Authorization"])
            collector.paths.add(self.path)
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with listening(Handler) as collector.url:
        yield collector
