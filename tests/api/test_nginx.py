"""examples/nginx.conf, run as it is shipped, but for its two addresses."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, IncompleteRead
from pathlib import Path

import pytest

from tests.api import project
from tests.api.test_connections import ROWS, connect, large, until, workers

__all__ = ["large"]

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CONFIGURATION = Path(__file__).parents[2] / "examples/nginx.conf"

pytestmark = pytest.mark.skipif(
    NGINX is None, reason="nginx is not installed: Debian's package nginx-light"
)


@pytest.fixture(scope="module")
def api(large: Path) -> Iterator[str]:
    with project.gunicorn(large, 2) as place:
        yield place


@pytest.fixture
def proxy(api: str, tmp_path: Path) -> Iterator[str]:
    with nginx(tmp_path, api) as place:
        yield place


@contextmanager
def nginx(tmp_path: Path, api: str) -> Iterator[str]:
    """nginx in front of an API; gives its host and port."""
    assert NGINX
    place = f"127.0.0.1:{project.free_port()}"
    text = CONFIGURATION.read_text()
    for directive, address, actual in (
        ("server", "127.0.0.1:8000", api),
        ("listen", "127.0.0.1:8080", place),
    ):
        assert text.count(address) == text.count(f"{directive} {address}") > 0
        text = text.replace(address, actual)
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(text)
    directives = f"daemon off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log;"
    process = subprocess.Popen(
        [NGINX, "-p", str(tmp_path), "-c", str(configuration), "-g", directives]
    )
    try:
        project.wait(place, process)  # type: ignore[arg-type]
        yield place
    finally:
        process.terminate()
        process.wait(120)


def get(connection: HTTPConnection, path: str) -> tuple[int, bytes]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_answers_pass_whole(proxy: str, api: str) -> None:
    through = HTTPConnection(proxy, timeout=60)
    for path in ("/things?limit=3", "/tables/things?limit=all&format=csv", "/things/nope"):
        status, body = get(through, path)
        direct = HTTPConnection(api, timeout=60)  # which keeps a connection for 10 s only
        expected_status, expected = get(direct, path)
        direct.close()
        assert status == expected_status
        if status == 200:
            assert body == expected
    through.request("GET", "/things?limit=3")
    answer = through.getresponse()
    answer.read()
    through.request("GET", "/things?limit=3", headers={"If-None-Match": answer.headers["ETag"]})
    assert through.getresponse().status == 304
    through.close()


def test_no_request_is_lost_when_a_worker_is_killed(proxy: str, large: Path) -> None:
    """A worker writes an answer as short as this one at once, so that all of it came or nothing."""
    done, answers, faults = threading.Event(), [list[int]() for _ in range(4)], list[str]()

    def ask(statuses: list[int]) -> None:
        connection = HTTPConnection(proxy, timeout=60)
        while not done.is_set():
            try:
                statuses.append(get(connection, "/things?limit=3")[0])
            except (OSError, HTTPException) as error:
                faults.append(repr(error))
                connection.close()
            time.sleep(0.05)  # within the limit of requests of one address
        connection.close()

    threads = [threading.Thread(target=ask, args=(statuses,)) for statuses in answers]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            known = workers(large)
            os.kill(known[-1], signal.SIGKILL)
            until(lambda known=known: len(workers(large)) > len(known))  # type: ignore[misc]
            lengths = [len(statuses) for statuses in answers]
            # Each client's request that was under way is over: none meets two kills, and nginx asks twice.
            until(
                lambda lengths=lengths: (
                    bool(faults)  # type: ignore[misc]
                    or all(
                        len(statuses) > length + 3
                        for statuses, length in zip(answers, lengths, strict=True)
                    )
                )
            )
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not faults
    assert {status for statuses in answers for status in statuses} == {200}


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"


class Upstream:
    """A server in the API's place that ends its first connections after these bytes, and answers on the others."""

    def __init__(self, ends: list[bytes]) -> None:
        self.requests = 0
        self._ends = ends
        self._server = socket.create_server(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(90)
                if not connection.recv(10_000).startswith(b"GET /things"):
                    continue
                self.requests += 1
                connection.sendall(self._ends.pop(0) if self._ends else HEAD + b"good")


@pytest.mark.parametrize(
    ("ends", "requests", "status", "body"),
    [
        ([b""], 2, 200, b"good"),
        ([b"HTTP/1.1 2"], 2, 200, b"good"),
        ([b"", b""], 2, 502, None),
        ([HEAD + b"g"], 1, 200, b"g"),
    ],
    ids=["before the answer", "within its head", "twice", "within its body"],
)
def test_what_is_asked_again_of_a_new_connection(
    tmp_path: Path, ends: list[bytes], requests: int, status: int, body: bytes | None
) -> None:
    """One that is cut within its body cannot be: the client has its head, and sees that it is short."""
    upstream = Upstream(ends)
    try:
        with nginx(tmp_path, upstream.place) as proxy:
            connection = HTTPConnection(proxy, timeout=60)
            connection.request("GET", "/things")
            answer = connection.getresponse()
            try:
                content = answer.read()
            except IncompleteRead as error:
                content = error.partial
            connection.close()
    finally:
        upstream.close()
    assert (answer.status, upstream.requests) == (status, requests)
    assert body in (None, content)


def test_a_client_that_reads_slowly_gets_all_and_keeps_no_worker(proxy: str) -> None:
    slow = HTTPConnection(proxy, timeout=60)
    slow.sock = connect(proxy)  # with small buffers
    slow.request("GET", "/tables/things?limit=all&format=ndjson")
    answer = slow.getresponse()
    assert answer.status == 200
    quick = HTTPConnection(proxy, timeout=60)
    for _ in range(20):
        assert get(quick, "/things?limit=3")[0] == 200
    quick.close()
    assert answer.read().count(b"\n") == ROWS
    slow.close()


def test_connections_of_one_address_are_limited(proxy: str) -> None:
    request = b"GET /tables/things?limit=all&format=ndjson HTTP/1.1\r\nHost: x\r\n\r\n"
    held: list[socket.socket] = []  # an answer that nobody reads does not end

    def ask() -> int:
        connection = connect(proxy, request)
        status = int(connection.recv(200).split()[1])
        if status == 200:
            held.append(connection)
        else:
            connection.close()
        return status

    try:
        for _ in range(20):
            # nginx counts an answer that has ended until it has cleaned up, which its client may outrun.
            until(lambda: ask() == 200)
        assert [ask() for _ in range(3)] == [429] * 3
        held.pop().close()
        until(lambda: ask() == 200)
        assert ask() == 429
    finally:
        for each in held:
            each.close()
