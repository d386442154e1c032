"""What all exchanges share: request id, admission, timing, headers, metrics and access log."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from os import urandom
from time import perf_counter
from typing import Any

import falcon
import orjson
from falcon import Request, Response

from medallion.secrets import masked_logger
from medallion_api.cache.response_cache import raw
from medallion_api.middleware.access import Gate
from medallion_api.middleware.metrics import Metrics
from medallion_api.middleware.request_spans import CARRIER, record_request
from medallion_api.middleware.wsgi_bridge import ANSWERED

LONGEST_URL = 8000
# Statuses of the problems that any request may get, whatever its path.
ANYWHERE = (400, 414, 431, 500, 501, 503)
OPEN = ("/health", "/health/ready")  # for probes, which have no key

_IDENT = re.compile(r"[\w.-]{1,64}", re.ASCII)
_EXPOSED = "ETag, Link, Retry-After, Server-Timing, X-Release, X-Request-Id, X-Total-Count"
SAFE = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)

_RAW_SAFE = raw(SAFE)
_ADMITTED = "medallion_api.admitted"

_access = masked_logger("medallion_api.access")


@contextmanager
def stage(req: Request, name: str) -> Iterator[None]:
    """Time one stage of a request for `Server-Timing`."""
    started = perf_counter()
    try:
        yield
    finally:
        req.context.stages.append((name, perf_counter() - started))


class Exchange:
    """Begins and ends every exchange. `origins` are those whose pages may read the answers."""

    def __init__(self, gate: Gate, metrics: Metrics, origins: tuple[str, ...]) -> None:
        self.gate = gate
        self._metrics = metrics
        self._origins = origins
        self._process = urandom(8).hex()
        self._numbers = count(1)

    def ident(self, given: str | None) -> str:
        """The client's own request id when it is harmless, else a new one."""
        return (
            given
            if given and _IDENT.fullmatch(given)
            else f"{self._process}-{next(self._numbers):x}"
        )

    def headers(self, ident: str, origin: str | None) -> list[tuple[str, str]]:
        """The headers every answer has."""
        headers = [("X-Request-Id", ident), *SAFE]
        if self._origins:
            headers.append(("Vary", "Origin"))
        if origin and ("*" in self._origins or origin in self._origins):
            headers.append(("Access-Control-Allow-Origin", origin))
            headers.append(("Access-Control-Expose-Headers", _EXPOSED))
        return headers

    def raw_headers(self, ident: str, origin: str | None) -> tuple[tuple[bytes, bytes], ...]:
        """The same as an ASGI server takes them."""
        if self._origins:
            return raw(self.headers(ident, origin))
        return ((b"x-request-id", ident.encode()), *_RAW_SAFE)

    def done(
        self,
        method: str,
        path: str,
        query: bytes,
        endpoint: str,
        status: int,
        seconds: float,
        carrier: Mapping[str, str],
        **more: Any,
    ) -> None:
        """Count an exchange and write it to the access log.

        Parameters: `carrier` has the URL's `scheme` and the headers that name the client's span.
        """
        self._metrics.observe(method, endpoint, status, seconds)
        record_request(method, path, endpoint, status, seconds, carrier)
        if _access.isEnabledFor(logging.INFO):
            target = f"{path}?{query.decode('latin-1')}" if query else path
            line = {
                "method": method,
                "target": target,
                "status": status,
                "ms": round(seconds * 1000, 2),
                **more,
            }
            _access.info(orjson.dumps(line).decode())


class ExchangeMiddleware:
    """The exchange around Falcon's own routing."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def process_request(self, req: Request, resp: Response) -> None:
        req.context.started = perf_counter()
        req.context.stages = []
        req.context.id = self._exchange.ident(req.get_header("X-Request-Id"))
        req.context.who = ""
        if len(req.path) + len(req.query_string) > LONGEST_URL:
            raise falcon.HTTPUriTooLong(description=f"a URL has at most {LONGEST_URL} characters")
        if req.method == "OPTIONS" and req.get_header("Access-Control-Request-Method"):
            return
        if req.path not in OPEN:
            if _ADMITTED not in req.env:  # it may be asked a second time, in a thread
                req.env[_ADMITTED] = self._exchange.gate.admit(
                    req.get_header("X-API-Key"),
                    req.get_header("Authorization"),
                    req.remote_addr or "",
                )
            req.context.who = req.env[_ADMITTED]

    def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        for name, value in self._exchange.headers(req.context.id, req.get_header("Origin")):
            if name == "Vary":
                resp.append_header(name, value)
            else:
                resp.set_header(name, value)
        if req.method == "OPTIONS" and resp.get_header("Access-Control-Allow-Origin"):
            resp.set_header("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
            resp.set_header(
                "Access-Control-Allow-Headers",
                "Authorization, If-None-Match, X-API-Key, X-Request-Id",
            )
            resp.set_header("Access-Control-Max-Age", "600")
        seconds = perf_counter() - req.context.started
        stages = [*req.context.stages, ("total", seconds)]
        resp.set_header(
            "Server-Timing",
            ", ".join(f"{name};dur={duration * 1000:.2f}" for name, duration in stages),
        )
        status = falcon.http_status_to_code(resp.status)
        if ANSWERED in req.env:
            return
        query, route = req.query_string.encode("latin-1", "replace"), req.uri_template or ""
        self._exchange.done(
            req.method,
            req.path,
            query,
            route,
            status,
            seconds,
            _carrier(req),
            id=req.context.id,
            who=req.context.who,
        )


def _carrier(req: Request) -> dict[str, str]:
    """The scheme of a request, and the headers that name the client's span."""
    headers = {header: req.get_header(header) for header in CARRIER}
    return {"scheme": req.scheme, **{key: text for key, text in headers.items() if text}}
