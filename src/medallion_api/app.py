"""Composes the API: store, access, middleware and routes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import falcon

from medallion.errors import CallError
from medallion.pipeline import Pipeline
from medallion.telemetry.sdk import configure
from medallion_api import problems
from medallion_api.cache.named_releases import NamedReleases
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.cache.response_cache import PRIVATE, REVALIDATE, Replies
from medallion_api.middleware.access import Gate
from medallion_api.middleware.exchange import Exchange, ExchangeMiddleware
from medallion_api.middleware.metrics import Metrics, MetricsResource
from medallion_api.openapi.pages import Docs, DocsFile, OpenApi
from medallion_api.resources.catalogue import Catalogue
from medallion_api.resources.differences import Differences
from medallion_api.resources.gauges import gauges
from medallion_api.resources.groups import Grouped
from medallion_api.resources.history import (
    CurrentRelease,
    LatestRun,
    QualityResource,
    ReleasesResource,
)
from medallion_api.resources.lake_work import LakeWork
from medallion_api.resources.quarantine import QUARANTINE, QuarantineResource
from medallion_api.resources.rows import Keyed, Listed, Single
from medallion_api.resources.service import Health, Readiness, Root
from medallion_api.resources.tables import Tables
from medallion_api.resources.why import Why
from medallion_api.section import Api

_OWN = ("/releases", "/runs/latest", "/quality", "/docs")
_MEGABYTE = 1_000_000

App = falcon.App[Any, Any]


@dataclass(frozen=True)
class Assembly:
    """The parts of one API, for `create_app` and for the event loop's front."""

    api: Api
    reading: ReleaseReader
    replies: Replies
    exchange: Exchange
    app: App

    def table_of(self, path: str) -> str | None:
        """The table that a path lists or has a row of; None for all other paths."""
        first, _, rest = path[1:].partition("/")
        if first == "tables" and self.api.tables:
            return rest.partition("/")[0]
        endpoints = self.api.endpoints
        endpoint = endpoints.get(path) or endpoints.get(path.rpartition("/")[0])
        return endpoint.table if endpoint else None


def create_app(pipeline: Pipeline) -> App:
    """The REST API of a pipeline's releases, as a WSGI application.

    Makes no connection: each process opens the store at its first request. An endpoint on a table
    or column that the release lacks responds with a problem; the others work.
    """
    return assemble(pipeline).app


def assemble(pipeline: Pipeline) -> Assembly:
    """The API of a pipeline with its parts. Raises CallError without a sink."""
    configure("medallion-api")
    api = pipeline.declaration.sections.get("api") or Api()
    label = next(iter(pipeline.sinks), None)
    if label is None:
        raise CallError("the declaration has no sinks, so there is nothing to serve")
    gate, metrics = Gate(api.hashes(), api.rate_limit, api.rate_limit_storage), Metrics()
    names = NamedReleases(pipeline.lake, candidates=gate.closed)
    reading = ReleaseReader(pipeline.store(label), label, api.query_timeout, names)
    replies = Replies(api.cache_mb * _MEGABYTE, PRIVATE if gate.closed else REVALIDATE)
    exchange = Exchange(gate, metrics, api.cors_origins)
    app: App = falcon.App(middleware=[ExchangeMiddleware(exchange)])
    app.req_options.keep_blank_qs_values = True
    problems.install(app)
    for path, resource in _routes(pipeline, api, reading, names, replies, metrics, gate.closed):
        app.add_route(path, resource)
    return Assembly(api, reading, replies, exchange, app)


def unloaded_app() -> App:
    """The application while the declaration cannot be loaded: alive, everything else is a 503."""
    app: App = falcon.App(
        middleware=[ExchangeMiddleware(Exchange(Gate({}, None, ""), Metrics(), ()))]
    )
    problems.install(app)
    app.add_route("/health", Health())
    app.add_sink(_unloaded)
    return app


def _unloaded(req: Any, resp: Any, **_: Any) -> None:  # noqa: ARG001 (Falcon's names)
    raise falcon.HTTPServiceUnavailable(
        description="the declaration cannot be loaded; its problems are in the log"
    )


def _routes(
    pipeline: Pipeline,
    api: Api,
    reading: ReleaseReader,
    names: NamedReleases,
    replies: Replies,
    metrics: Metrics,
    closed: bool,
) -> Iterator[tuple[str, object]]:
    """Every path with its resource."""
    name, tables = pipeline.declaration.name, Tables(reading, api.max_page_size)
    shown = [*api.endpoints, *(["/tables"] if api.tables else []), *_OWN]
    yield "/", Root(reading, replies, name, api.max_page_size, shown)
    yield "/health", Health()
    yield "/health/ready", Readiness(reading)
    yield "/releases", ReleasesResource(reading, pipeline.lake, candidates=closed)
    yield "/releases/current", CurrentRelease(reading, replies)
    yield "/runs/latest", LatestRun(pipeline.lake)
    listing = QUARANTINE if api.shows_why else None
    yield "/quality", QualityResource(reading, replies, listing)
    yield "/metrics", MetricsResource(metrics, partial(gauges, reading, pipeline.lake))
    yield "/openapi.json", OpenApi(reading, replies, tables, api, name, closed=closed)
    yield "/docs", Docs()
    yield "/docs/{name}", DocsFile()
    for path, endpoint in api.endpoints.items():
        yield path, (Single if endpoint.single else Listed)(reading, replies, tables, endpoint)
        if not endpoint.single:
            yield f"{path}/{{key:path}}", Keyed(reading, replies, tables, endpoint)
    if api.tables:
        yield "/tables", Catalogue(reading, replies)
        yield "/tables/{table}", Listed(reading, replies, tables)
        yield "/tables/{table}/{key:path}", Keyed(reading, replies, tables)
        yield "/groups/{table}", Grouped(reading, replies, tables)
    work = LakeWork(api.query_timeout)
    if api.shows_diff:
        differences = Differences(reading, replies, pipeline, names, work)
        yield "/releases/{before}/diff/{after}", differences
    if api.shows_why:
        yield "/why/{table}/{key:path}", Why(reading, pipeline, work)
        yield QUARANTINE, QuarantineResource(reading, pipeline, work)
