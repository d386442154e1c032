"""The API put together: what it reads, who may ask, and which path answers what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import falcon

from medallion.contracts import Store
from medallion.errors import CallError, DeclarationError, Problem, did_you_mean
from medallion.pipeline import Pipeline
from medallion_api import problems
from medallion_api.documents import Docs, DocsFile, OpenApi
from medallion_api.exchange import Exchange, ExchangeMiddleware
from medallion_api.gate import Gate
from medallion_api.groups import Grouped
from medallion_api.history import CurrentRelease, LatestRun, QualityResource, ReleasesResource
from medallion_api.metrics import Metrics, MetricsResource
from medallion_api.replies import PRIVATE, REVALIDATE, Replies
from medallion_api.rows import Keyed, Listed, Single
from medallion_api.section import Api
from medallion_api.service import Health, Readiness, Root
from medallion_api.tables import Tables

_MEGABYTE = 1_000_000

App = falcon.App[Any, Any]


@dataclass(frozen=True)
class Assembly:
    """The parts of one API, for `create_app` and for what stands in front of it."""

    api: Api
    store: Store
    replies: Replies
    exchange: Exchange
    app: App


def create_app(pipeline: Pipeline) -> App:
    """The REST API of a pipeline's releases, as a WSGI application.

    Connects to nothing: the store is opened at the first request, in whichever process answers it.
    Raises DeclarationError when an endpoint names a table that is not served.
    """
    return assemble(pipeline).app


def assemble(pipeline: Pipeline) -> Assembly:
    """The same with its parts."""
    api = pipeline.declaration.sections.get("api") or Api()
    label = next(iter(pipeline.sinks), None)
    if label is None:
        raise CallError("the declaration has no sinks, so there is nothing to serve")
    _check(pipeline, api)
    gate, metrics, store = Gate(api.hashes(), api.rate, api.rate_storage), Metrics(), pipeline.store(label)
    replies = Replies(api.cache * _MEGABYTE, PRIVATE if gate.closed else REVALIDATE)
    exchange = Exchange(gate, metrics, api.cors)
    app: App = falcon.App(middleware=[ExchangeMiddleware(exchange)])
    app.req_options.keep_blank_qs_values = True
    problems.install(app)
    for path, resource in _routes(pipeline, api, Tables(label, api.most), store, replies, metrics, gate.closed):
        app.add_route(path, resource)
    return Assembly(api, store, replies, exchange, app)


def _routes(
    pipeline: Pipeline, api: Api, tables: Tables, store: Store, replies: Replies, metrics: Metrics, closed: bool
) -> Iterator[tuple[str, object]]:
    """Every path and what answers it."""
    name = pipeline.declaration.name
    yield "/", Root(store, replies, name, api.most, [*api.endpoints, "/releases", "/runs/latest", "/quality", "/docs"])
    yield "/health", Health()
    yield "/health/ready", Readiness(store)
    yield "/releases", ReleasesResource(store, pipeline.lake)
    yield "/releases/current", CurrentRelease(store, replies)
    yield "/runs/latest", LatestRun(pipeline.lake)
    yield "/quality", QualityResource(store, replies)
    yield "/metrics", MetricsResource(metrics)
    yield "/openapi.json", OpenApi(store, replies, tables, api, name, closed=closed)
    yield "/docs", Docs()
    yield "/docs/{name}", DocsFile()
    for path, endpoint in api.endpoints.items():
        yield path, (Single if endpoint.single else Listed)(store, replies, tables, endpoint)
        if not endpoint.single:
            yield f"{path}/{{key:path}}", Keyed(store, replies, tables, endpoint)
    if api.tables:
        yield "/tables/{table}", Listed(store, replies, tables)
        yield "/tables/{table}/{key:path}", Keyed(store, replies, tables)
        yield "/groups/{table}", Grouped(store, replies, tables)


def _check(pipeline: Pipeline, api: Api) -> None:
    served = [name.partition(".")[2] for name in pipeline.declaration.served()]
    wrong = [
        Problem("", f"api.endpoints.{path}.table", f"no table {endpoint.table!r}{did_you_mean(endpoint.table, served)}")
        for path, endpoint in api.endpoints.items()
        if endpoint.table not in served
    ]
    if wrong:
        raise DeclarationError(wrong)
