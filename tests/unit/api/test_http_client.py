"""Requests to an API: what is told of one that is away, silent, refuses, or breaks off."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler

import pytest

from medallion.errors import CallError, GoneError, SinkError
from medallion_api.http_client import HttpClient
from tests.http_servers import listening
from tests.services import free_ports


def test_an_api_that_is_away_is_told() -> None:
    client = HttpClient(f"http://127.0.0.1:{free_ports(1)[0]}", "", 30)
    with pytest.raises(SinkError, match="check that the API is running"):
        client.json("/")


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://localhost", "http://"])
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(CallError, match="not a valid URL"):
        HttpClient(url, "", 30)


def test_an_api_that_does_not_answer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = HttpClient(f"http://127.0.0.1:{silent.getsockname()[1]}", "", 0.2)
        with pytest.raises(SinkError, match="timed out"):
            client.json("/")


class Answers(BaseHTTPRequestHandler):
    """Responds to `/404` with a problem of that status, and to `/cut` with less than it says."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        status = int(path[1:]) if path[1:].isdigit() else 200
        body = f'{{"detail": "of {query}", "price": 1.10}}'.encode()
        self.send_response(status)
        self.send_header("X-Release", self.headers.get("X-API-Key", ""))
        self.send_header("Content-Length", str(len(body) + 10 * (path == "/cut")))
        self.end_headers()
        self.wfile.write(body)


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, CallError), (404, CallError), (410, GoneError), (414, CallError), (503, SinkError)],
)
def test_a_problem_is_the_error_that_it_stands_for(status: int, error: type[Exception]) -> None:
    with listening(Answers) as url:
        client = HttpClient(url, "", 30)
        with pytest.raises(error, match="of a=b") as caught:
            client.json(f"/{status}", {"a": "b"})
        assert type(caught.value) is error
        with (
            pytest.raises(GoneError if status == 404 else error, match="of a=b"),
            client.stream(f"/{status}", {"a": "b"}, missing=GoneError),
        ):
            pass
        client.close()


def test_numbers_are_exact_and_the_key_is_sent() -> None:
    with listening(Answers) as url:
        client = HttpClient(url, "tobesent", 30)
        assert str(client.json("/")["price"]) == "1.10"
        with client.stream("/", {}) as (release, lines):
            assert release == "tobesent"
            with pytest.raises(SinkError, match="the last line is incomplete"):
                list(lines)
        client.close()


def test_closing_leaves_the_connections_of_other_threads() -> None:
    """A request that fails closes its own, while others are used."""
    ports: list[int] = []

    class KeptAlive(Answers):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            ports.append(self.client_address[1])
            super().do_GET()

    with listening(KeptAlive) as url, ThreadPoolExecutor(1) as other:
        client = HttpClient(url, "", 30)
        for _ in range(2):
            other.submit(client.json, "/").result()
            client.json("/")
            client.close()
        other.submit(client.close).result()
    other_port, own_port, other_port_later, own_port_later = ports
    assert other_port_later == other_port
    assert own_port_later != own_port


def test_an_answer_that_ends_early_is_told() -> None:
    with listening(Answers) as url:
        client = HttpClient(url, "", 30)
        with pytest.raises(SinkError, match="the connection closed within a response"):
            client.json("/cut")
        client.close()
