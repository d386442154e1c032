"""Problems: the status and the text of every kind of error, without secrets or internals."""

from __future__ import annotations

from typing import Any

import falcon
import pytest
from falcon.testing import Result, TestClient

from medallion.errors import (
    CallError,
    DataError,
    GoneError,
    MedallionError,
    OvertimeError,
    SinkError,
)
from medallion.secrets import SECRETS
from medallion_api import problems
from medallion_api.cache.release_reader import ElsewhereError
from medallion_api.problems import Fault, ParameterError, problem_of


class Failing:
    """A resource that raises one error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        req.context.id = "one"
        raise self._error


def response_to(error: Exception) -> Result:
    """The response of an app whose only path raises an error."""
    app: Any = falcon.App()
    problems.install(app)
    app.add_route("/", Failing(error))
    return TestClient(app).simulate_get("/")


def test_whatever_falcon_raises_is_a_problem() -> None:
    class Fussy:
        def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
            raise falcon.HTTPUnsupportedMediaType(description="no")

    app: Any = falcon.App()
    problems.install(app)
    app.add_route("/", Fussy())
    result = TestClient(app).simulate_get("/")
    assert (result.status_code, result.headers["Content-Type"]) == (415, "application/problem+json")
    assert result.json["title"] == "Unsupported Media Type"


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (CallError("unknown table 'x'", hint="try y"), 400, "unknown table 'x'"),
        (GoneError("release one is gone"), 400, "release one is gone"),
        (SinkError("no such host db-7"), 503, "the data cannot be read at the moment"),
        (OvertimeError("10 s on db-7"), 503, problems.OVERTIME),
        (DataError("row 7 of secret.csv"), 500, problems.FAULT),
        (MedallionError("broken"), 500, problems.FAULT),
        (ZeroDivisionError("at 0x7f"), 500, problems.FAULT),
    ],
)
def test_an_error_is_a_problem_of_its_kind(error: Exception, status: int, detail: str) -> None:
    result = response_to(error)
    assert (result.status_code, result.headers["Content-Type"]) == (status, problems.MEDIA)
    assert result.headers["Cache-Control"] == "no-store"
    title = falcon.code_to_http_status(status).partition(" ")[2]
    assert result.json == {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "errors": [],
        "request_id": "one",
    }


def test_a_client_is_asked_to_return_when_the_store_is_away_not_when_its_query_is_slow() -> None:
    assert response_to(SinkError("away")).headers["Retry-After"] == "5"
    assert "Retry-After" not in response_to(OvertimeError("slow")).headers


def test_every_faulty_parameter_is_named() -> None:
    faults = [Fault("limit", "takes a number", ("1", "2")), Fault("sort", "no column 'ü'")]
    result = response_to(ParameterError(faults))
    assert result.status_code == 400
    assert result.json["detail"] == "limit: takes a number; sort: no column 'ü'"
    assert result.json["errors"] == [
        {"parameter": "limit", "detail": "takes a number", "allowed": ["1", "2"]},
        {"parameter": "sort", "detail": "no column 'ü'", "allowed": []},
    ]


def test_headers_of_an_error_are_kept() -> None:
    result = response_to(falcon.HTTPTooManyRequests(headers={"Retry-After": "7"}))
    assert (result.status_code, result.headers["Retry-After"]) == (429, "7")


def test_an_unknown_path_is_named_up_to_80_characters() -> None:
    app: Any = falcon.App()
    problems.install(app)
    result = TestClient(app).simulate_get("/" + "a" * 200)
    assert result.json["detail"] == f"there is no path '/{'a' * 79}'; / names those there are"


def test_no_secret_is_in_a_problem() -> None:
    SECRETS.add("pass-word-7")
    faults = (Fault("a", "not pass-word-7", ("pass-word-7", "b")),)
    problem = problem_of(400, "at pass-word-7", "one", faults)
    assert (problem.detail, problem.errors[0].detail) == ("at ***", "not ***")
    assert problem.errors[0].allowed == ("***", "b")


def test_a_request_that_belongs_in_a_thread_is_no_response() -> None:
    with pytest.raises(ElsewhereError):
        response_to(ElsewhereError())
