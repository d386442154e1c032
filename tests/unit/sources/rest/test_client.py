from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from medallion.errors import MedallionError, SourceError, UnreachableError
from medallion.sources.rest.authorization import Authorization
from medallion.sources.rest.client import RestClient, without_query
from medallion.sources.rest.paging import Request
from tests.rest_server import RestServer, serving_records

OAUTH2 = {"client_id": "client", "client_secret": "s3cret-of-client"}


@pytest.fixture
def server() -> Iterator[RestServer]:
    with serving_records() as state:
        yield state


def get(server: RestServer, client: RestClient | None = None, path: str = "/orders") -> bytes:
    request = Request(f"{server.url}{path}", {"a": "b c", "d": "ü&"})
    return (client or RestClient(None, 0)).get(request, {}).data


def test_parameters_are_encoded_and_added_to_those_of_the_url(server: RestServer) -> None:
    get(server, path="/orders?x=1")
    assert server.requests == [("/orders", "x=1&a=b+c&d=%C3%BC%26")]


@pytest.mark.parametrize("fault", [(429, {"Retry-After": "0"}), (503, {}), (500, {}), "cut"])
def test_transient_errors_are_retried(
    server: RestServer, fault: tuple[int, dict[str, str]] | str
) -> None:
    server.faults = [fault]
    assert get(server).startswith(b"[{")
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        ((401, {}), SourceError, "answered 401"),
        ((403, {}), SourceError, "answered 403"),
        ((404, {}), SourceError, "answered 404"),
        ((302, {"Location": "https://other.example.org/x?key=1"}), SourceError, "answered 302"),
    ],
)
def test_other_errors_are_not_retried(
    server: RestServer, fault: tuple[int, dict[str, str]], kind: type[MedallionError], message: str
) -> None:
    server.faults = [fault]
    with pytest.raises(kind, match=message) as caught:
        get(server)
    assert caught.value.hint
    assert "key=1" not in f"{caught.value} {caught.value.hint}"
    assert len(server.requests) == 1


def test_a_redirect_to_a_path_names_the_whole_url(server: RestServer) -> None:
    server.faults = [(302, {"Location": "/v2/orders?key=1"})]
    with pytest.raises(SourceError) as caught:
        get(server)
    assert caught.value.hint == f"declare the URL that it names: {server.url}/v2/orders"


def test_an_api_that_stays_away_is_unreachable(server: RestServer) -> None:
    server.faults = [(503, {"Retry-After": "0"})] * 4
    with pytest.raises(UnreachableError, match="answered 503"):
        get(server)


def test_a_token_is_requested_once_and_again_when_it_has_expired(server: RestServer) -> None:
    token_url = f"{server.url}/token"
    authorization = Authorization.model_validate({"oauth2": {**OAUTH2, "token_url": token_url}})
    client = RestClient(authorization, 0)
    get(server, client)
    get(server, client)
    assert len(server.tokens) == 1
    server.wanted = ("Authorization", "expired")
    get(server, client)
    assert len(server.tokens) == 2


def test_wrong_credentials_of_a_client_are_an_error_without_them(server: RestServer) -> None:
    wrong = {**OAUTH2, "client_secret": "s3cret-of-other", "token_url": f"{server.url}/token"}
    client = RestClient(Authorization.model_validate({"oauth2": wrong}), 0)
    with pytest.raises(SourceError, match="/token: the server answered 401") as caught:
        get(server, client)
    assert "s3cret-of-other" not in str(caught.value)


def test_requests_keep_to_a_rate(server: RestServer) -> None:
    client, start = RestClient(None, 20), time.monotonic()
    for _ in range(5):
        get(server, client)
    assert time.monotonic() - start >= 0.2  # four pauses of 50 ms at least, whatever the machine


def test_a_url_for_people_has_neither_user_nor_query() -> None:
    assert without_query("https://u:p@api.example.org:8443/v1?key=1#x") == (
        "https://api.example.org:8443/v1"
    )
