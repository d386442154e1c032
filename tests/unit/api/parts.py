"""The parts that resources are made of, and a client of a few paths, without a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import falcon
from falcon.testing import TestClient

from medallion_api import problems
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.cache.response_cache import Replies
from medallion_api.middleware.access import Gate
from medallion_api.middleware.exchange import Exchange, ExchangeMiddleware
from medallion_api.middleware.metrics import Metrics
from medallion_api.resources.tables import Tables


def client_of(**resources: Any) -> TestClient:
    """A client of an open API that has these resources, each at the path of its name."""
    app: Any = falcon.App(
        middleware=[ExchangeMiddleware(Exchange(Gate({}, None, ""), Metrics(), ()))]
    )
    app.req_options.keep_blank_qs_values = True
    problems.install(app)
    for name, resource in resources.items():
        app.add_route(f"/{name}", resource)
    return TestClient(app)


@dataclass
class Parts:
    """What a resource reads: the release, its served tables, and the cache of replies."""

    reading: ReleaseReader
    replies: Replies = field(default_factory=lambda: Replies(1_000_000))

    @property
    def tables(self) -> Tables:
        return Tables(self.reading, 100)
