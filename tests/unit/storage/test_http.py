"""Files on web servers: versions, faults that are retried, and errors that say what to do."""

from __future__ import annotations

import logging
import pickle
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from medallion.errors import MissingError, StorageError
from medallion.storage import http_pool, open_storage
from tests.web_server import Fault, WebServer, serving_files

BODY = b"id,name\n1,Ann\n2,Bob\n" * 1000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebServer]:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.csv").write_bytes(BODY)
    with serving_files(tmp_path) as server:
        yield server


@pytest.fixture(autouse=True)
def _no_back_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(http_pool, "BACK_OFF", 0.0)
    http_pool.http_pool.cache_clear()
    yield
    http_pool.http_pool.cache_clear()


def test_a_file_is_read_once_for_each_version(server: WebServer) -> None:
    storage = pickle.loads(pickle.dumps(open_storage(f"{server.url}/in")))  # noqa: S301
    entry = storage.info("a.csv")
    assert (entry.path, entry.bytes) == ("a.csv", len(BODY))
    assert storage.read("a.csv") == (BODY, entry.token)
    with storage.open("a.csv") as stream:
        assert stream.read() == BODY
    (server.folder / "in/a.csv").write_bytes(b"id\n")
    changed = storage.info("a.csv")
    assert changed.token != entry.token
    assert storage.read("a.csv") == (b"id\n", changed.token)


def test_a_query_is_sent_with_each_request(server: WebServer) -> None:
    storage = open_storage(f"{server.url}/in?year=2024&key={'k' * 300}")
    assert storage.read("a.csv")[0] == BODY
    assert server.queries == {f"year=2024&key={'k' * 300}"}
    assert storage.url == f"{server.url}/in"


def test_without_versions_a_file_may_always_have_changed(server: WebServer) -> None:
    server.versions = False
    storage = open_storage(server.url)
    first, second = storage.info("in/a.csv"), storage.info("in/a.csv")
    assert first is not None
    assert second is not None
    assert first.token != second.token


def test_a_server_without_head_requests_is_asked_by_get(server: WebServer) -> None:
    server.heads = False
    entry = open_storage(server.url).info("in/a.csv")
    assert entry is not None
    assert entry.bytes == len(BODY)
    assert server.requests == {("GET", "/in/a.csv"): 1}


def test_there_may_be_no_such_file(server: WebServer) -> None:
    storage = open_storage(server.url)
    assert storage.info("b.csv") is None
    with pytest.raises(MissingError, match=f"{server.url}/b.csv: no such file"):
        storage.local("b.csv")


def test_a_secret_of_a_query_is_not_logged(
    server: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    open_storage(f"{server.url}/in?api_key=0123456789abcdef").local("a.csv")
    assert "a.csv?api_key=***" in caplog.text
    assert "0123456789abcdef" not in caplog.text


@pytest.mark.parametrize("fault", [(503, {}), (429, {"Retry-After": "0"}), "cut"], ids=str)
def test_transient_faults_are_retried(server: WebServer, fault: Fault) -> None:
    server.faults["/in/a.csv"] = [fault, fault]
    assert open_storage(server.url).local("in/a.csv").read_bytes() == BODY
    assert server.requests["GET", "/in/a.csv"] == 3


def test_a_download_that_is_always_cut_fails(server: WebServer) -> None:
    server.faults["/in/a.csv"] = ["cut"] * 100
    with pytest.raises(StorageError, match=r"the connection was lost 4 times"):
        open_storage(server.url).local("in/a.csv")


def test_an_error_of_the_server_is_shown_with_what_to_do(server: WebServer) -> None:
    server.faults["/in/a.csv"] = [(401, {}), (500, {})] + [(500, {})] * 3
    storage = open_storage(server.url)
    with pytest.raises(StorageError, match="the server answered 401") as caught:
        storage.local("in/a.csv")
    assert "a user and a password before the host" in caught.value.hint
    with pytest.raises(StorageError, match="the server answered 500"):
        storage.local("in/a.csv")


def test_an_unreachable_host_is_no_missing_file() -> None:
    storage = open_storage("http://127.0.0.1:9")
    with pytest.raises(StorageError, match="Connection refused") as caught:
        storage.info("a.csv")
    assert not isinstance(caught.value, MissingError)


def test_a_password_is_sent_and_not_shown(server: WebServer) -> None:
    storage = open_storage(server.url.replace("//", "//ann:s%40cret-word@"))
    assert storage.read("in/a.csv")[0] == BODY
    expected = b64encode(b"ann:s@cret-word").decode()
    assert server.headers["authorization"] == f"Basic {expected}"
    assert storage.url == server.url
    with pytest.raises(StorageError) as caught:
        storage.list("")
    assert caught.value.message == f"{server.url}/: a web server lists no files"
