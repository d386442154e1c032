"""Errors as RFC 9457 problems, and the status of each kind of error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import falcon
import orjson
from falcon import Request, Response
from pydantic import BaseModel

from medallion.errors import CallError, MedallionError, OvertimeError, ServiceError
from medallion.secrets import mask, mask_all, masked_logger
from medallion_api.cache.release_reader import ElsewhereError

MEDIA = "application/problem+json"
RETRY_AFTER = "5"
LATE = "the request timed out"
FAULT = "unexpected error; the log has it under the request id"
OVERTIME = "the query timed out: select fewer rows, or filter by columns that have an index"

_log = masked_logger("medallion_api")


class Fault(BaseModel):
    """One invalid parameter: its name, why, and what is allowed."""

    parameter: str
    detail: str
    allowed: tuple[str, ...] = ()

    def __init__(self, parameter: str, detail: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(parameter=parameter, detail=detail, allowed=allowed)


class ProblemDetails(BaseModel):
    """What went wrong, in the form of RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    errors: tuple[Fault, ...] = ()
    request_id: str = ""


class ParameterError(Exception):
    """A request's parameters are invalid; `faults` has all reasons."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.parameter}: {fault.detail}" for fault in faults))
        self.faults = tuple(faults)


def body(problem: ProblemDetails) -> bytes:
    return orjson.dumps(problem.model_dump())


def respond(resp: Response, problem: ProblemDetails) -> None:
    """Make the response this problem."""
    resp.status = falcon.code_to_http_status(problem.status)
    resp.content_type = MEDIA
    resp.data = body(problem)
    resp.set_header("Cache-Control", "no-store")
    resp.stream = None


def install(app: falcon.App[Any, Any]) -> None:
    """Make an app respond to every error with a problem."""
    app.add_error_handler(Exception, _unexpected)
    app.add_error_handler(falcon.HTTPError, _http)
    app.add_error_handler(ElsewhereError, _elsewhere)
    app.add_error_handler(ParameterError, _bad_parameters)
    app.add_error_handler(MedallionError, _medallion)


def _http(req: Request, resp: Response, error: falcon.HTTPError, _: dict[str, Any]) -> None:
    status = falcon.http_status_to_code(error.status)
    if isinstance(error, falcon.HTTPRouteNotFound):
        error.description = f"there is no path {req.path[:80]!r}; / names those there are"
    resp.set_headers(dict(error.headers or {}))
    respond(resp, _problem(req, status, error.description or ""))


def _elsewhere(_req: Request, _resp: Response, error: ElsewhereError, _: dict[str, Any]) -> None:
    """Not a response: the request is repeated in a thread that may block."""
    raise error


def _bad_parameters(req: Request, resp: Response, error: ParameterError, _: dict[str, Any]) -> None:
    respond(resp, _problem(req, 400, str(error), error.faults))


def _medallion(req: Request, resp: Response, error: MedallionError, _: dict[str, Any]) -> None:
    """A CallError is the client's (400); timeouts and unreachable services are 503, others 500."""
    if isinstance(error, CallError):
        respond(resp, _problem(req, 400, error.message))
    elif isinstance(error, OvertimeError):
        _log.warning("%s %s: %s", req.method, req.path, error.message)
        respond(resp, _problem(req, 503, OVERTIME))
    elif isinstance(error, ServiceError):
        _log.warning("%s %s: %s", req.method, req.path, error.message)
        resp.set_header("Retry-After", RETRY_AFTER)
        respond(resp, _problem(req, 503, "the data cannot be read at the moment"))
    else:
        _unexpected(req, resp, error, _)


def _unexpected(req: Request, resp: Response, error: Exception, _: dict[str, Any]) -> None:
    _log.error("%s %s", req.method, req.path, exc_info=error)
    respond(resp, _problem(req, 500, FAULT))


def _problem(
    req: Request, status: int, detail: str, faults: Sequence[Fault] = ()
) -> ProblemDetails:
    return problem_of(status, detail, getattr(req.context, "id", ""), faults)


def problem_of(
    status: int, detail: str, ident: str, faults: Sequence[Fault] = ()
) -> ProblemDetails:
    """The problem with the usual title of its status."""
    title = falcon.code_to_http_status(status).partition(" ")[2]
    shown = tuple(
        Fault(fault.parameter, mask(fault.detail), mask_all(fault.allowed)) for fault in faults
    )
    return ProblemDetails(
        title=title, status=status, detail=mask(detail), errors=shown, request_id=ident
    )
