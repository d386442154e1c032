"""What a connection may hold under gunicorn, and what becomes of it when its worker ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.api import project

IMPATIENT = """\
from medallion_api.server import worker
from medallion_api.gunicorn_conf import *

worker.HEAD_SECONDS = worker.WRITE_SECONDS = 1
"""
KEPT = ("--worker-connections", "60", "--keep-alive", "100")
ROWS = 150_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose table `things` is larger than what the system buffers for a connection."""
    folder = tmp_path_factory.mktemp("large")
    yaml = project.write(folder)
    yaml.write_text(yaml.read_text().replace("range(250)", f"range({ROWS})"))
    project.load(folder).run()
    return folder


@pytest.fixture(scope="module")
def server(large: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Host and port, and the process, of one worker that waits a second, and not ten or thirty."""
    settings = tmp_path_factory.mktemp("settings") / "settings.py"
    settings.write_text(IMPATIENT)
    with project.gunicorn(large, 1, "-c", str(settings), *KEPT) as place:
        yield place, workers(large)[-1]


@pytest.fixture
def place(server: tuple[str, int]) -> str:
    return server[0]


@pytest.fixture
def pid(server: tuple[str, int]) -> int:
    return server[1]


def connect(place: str, request: bytes = b"") -> socket.socket:
    host, _, port = place.partition(":")
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.settimeout(90)
    made.connect((host, int(port)))
    made.sendall(request)
    return made


def until(what: Callable[[], bool]) -> None:
    for _ in range(1800):
        if what():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that in 90 s")


def workers(folder: Path) -> list[int]:
    """The processes that gunicorn has begun, from its log."""
    return [
        int(pid)
        for pid in re.findall(r"Booting worker with pid: (\d+)", (folder / "api.log").read_text())
    ]


def listening(folder: Path) -> int:
    """How many workers have come to listen, from gunicorn's log."""
    return (folder / "api.log").read_text().count("ASGI server listening")


def sockets(pid: int) -> int:
    """How many sockets a process has open."""
    links = []
    for file in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(os.readlink(file))  # noqa: PTH115 (its name is no path)
        except FileNotFoundError:
            continue
    return sum(link.startswith("socket:") for link in links)


def answered(place: str) -> int:
    connection = HTTPConnection(place, timeout=90)
    try:
        connection.request("GET", "/tables/things?limit=1")
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


@pytest.mark.parametrize("sent", [b"", b"GET /things HTTP/1.1\r\nHost: x\r\n", b"GET /hea"])
def test_who_asks_nothing_is_let_go(place: str, sent: bytes) -> None:
    silent = [connect(place, sent) for _ in range(50)]
    assert answered(place) == 200
    for each in silent:
        assert each.recv(1000) == b""
        each.close()
    assert answered(place) == 200


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /tables/things?limit=all HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /things HTTP/1.1\r\nHost: x\r\n\r\n" * 3000,
    ],
    ids=["one export", "many answers"],
)
def test_who_reads_nothing_is_let_go(place: str, pid: int, request_line: bytes) -> None:
    assert answered(place) == 200
    before = sockets(pid)
    greedy = [connect(place) for _ in range(20)]
    for each in greedy:
        each.setblocking(False)
        with suppress(BlockingIOError):
            each.send(request_line)
        each.settimeout(90)
    for each in greedy:  # whose answers begin
        assert each.recv(1, socket.MSG_PEEK) == b"H"
    until(lambda: sockets(pid) <= before)
    assert answered(place) == 200
    for each in greedy:
        each.close()


def test_more_connections_than_a_worker_may_have_are_refused(place: str, pid: int) -> None:
    before = sockets(pid)
    kept: list[socket.socket] = []

    def keep() -> int:
        connection = connect(place, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        status = int(connection.recv(1000).split()[1])
        if status == 200:
            kept.append(connection)
        else:
            connection.close()
        return status

    for _ in range(60):
        # A connection counts until the worker notices its end, which others may come before.
        until(lambda: keep() == 200)
    refused = connect(place)
    assert refused.recv(1000).startswith(b"HTTP/1.1 503")
    for each in [*kept, refused]:
        each.close()
    until(lambda: sockets(pid) <= before)
    assert answered(place) == 200


def test_more_exports_than_a_worker_may_have_wait_for_others(large: Path) -> None:
    line = b"GET /tables/things?limit=all HTTP/1.1\r\nHost: x\r\n\r\n"
    with project.gunicorn(large, 1) as place:  # where the first still wait when the last is refused
        exports = [connect(place, line) for _ in range(33)]
        heads = [each.recv(1000).partition(b"\r\n\r\n")[0] for each in exports]
        assert sorted({head.split()[1] for head in heads}) == [b"200", b"503"]
        assert all(b"retry-after" in head.lower() for head in heads if b" 503 " in head)
        assert answered(place) == 200
        for each in exports:
            each.close()
        until(lambda: _export(place) == 200)


def _export(place: str) -> int:
    connection = HTTPConnection(place, timeout=90)
    try:
        connection.request("HEAD", "/tables/things?limit=all")
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_worker_that_ends_keeps_what_its_last_answers_promised(large: Path) -> None:
    with project.gunicorn(large, 1, "--graceful-timeout", "30") as place:
        connection = HTTPConnection(place, timeout=60)
        connection.request("GET", "/tables/things?limit=all&format=ndjson")
        export = connection.getresponse()
        begun, kept = export.read(1000), connection.sock
        assert export.headers["Connection"] is None
        (pid,) = workers(large)[-1:]
        os.kill(pid, signal.SIGTERM)
        until(
            lambda: (
                "Worker shutting down"
                in (large / "api.log").read_text().rpartition(f"pid: {pid}")[2]
            )
        )
        assert (begun + export.read()).count(b"\n") == ROWS
        assert connection.sock is kept
        connection.request("GET", "/things/1")
        last = connection.getresponse()
        assert (last.status, last.headers["Connection"]) == (200, "close")
        last.read()
        connection.close()


def test_no_request_is_lost_while_workers_are_replaced(folder: Path) -> None:
    done, faults, answers = threading.Event(), list[str](), list[int]()
    before = (folder / "api.log").exists() and listening(folder)

    def ask(place: str) -> None:
        connection = HTTPConnection(place, timeout=90)
        while not done.is_set():
            try:
                connection.request("GET", "/things?limit=3")
                answer = connection.getresponse()
                answer.read()
                answers.append(answer.status)
            except OSError as error:
                faults.append(repr(error))
                connection.close()
        connection.close()

    with project.gunicorn(folder, 2, "--graceful-timeout", "30") as place:
        until(lambda: listening(folder) >= before + 2)
        threads = [threading.Thread(target=ask, args=(place,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        master = int(
            re.findall(r"PPid:\s+(\d+)", Path(f"/proc/{workers(folder)[-1]}/status").read_text())[0]
        )
        for _ in range(2):
            begun = listening(folder)
            os.kill(master, signal.SIGHUP)
            until(lambda begun=begun: listening(folder) >= begun + 2)  # type: ignore[misc]
        done.set()
        for thread in threads:
            thread.join()
    assert not faults
    assert set(answers) == {200}
