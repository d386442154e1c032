"""The API under a real gunicorn, with the settings that are shipped."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion_api.cache.release_reader import FRESH
from medallion_api.keys import new_key
from tests.api import project
from tests.api.test_connections import until
from tests.integration import small
from tests.services import Unavailable, mongod

EXPORTED = 300_000  # rows, 36 MB of CSV: a worker that streams them grows by 9 MB
WARM = 20_000  # rows of the exports before the first measurement
Got = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def place(folder: Path) -> Iterator[str]:
    with project.gunicorn(folder) as place:
        yield place


def get(place: str, path: str, method: str = "GET", **headers: str) -> Got:
    connection = HTTPConnection(place, timeout=60)
    try:
        connection.request(
            method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        answer: HTTPResponse = connection.getresponse()
        return (
            answer.status,
            {name.lower(): value for name, value in answer.getheaders()},
            answer.read(),
        )
    finally:
        connection.close()


def test_every_endpoint_answers_as_the_lake_has_it(place: str, pipeline: md.Pipeline) -> None:
    for path in (
        "/",
        "/health",
        "/health/ready",
        "/releases",
        "/runs/latest",
        "/quality",
        "/openapi.json",
        "/metrics",
    ):
        assert get(place, path)[0] == 200, path
    for table, key in (("things", "thing_id"), ("by_client", "client_id"), ("total", "orders")):
        rows = json.loads(get(place, f"/tables/{table}?limit=1000&sort={key}")[2])["rows"]
        expected = sorted(
            pipeline.lake.table(f"gold.{table}").to_arrow().to_pylist(), key=lambda row: row[key]
        )
        assert len(rows) == len(expected)
        for found, row in zip(rows, expected, strict=True):
            assert [found[name] for name in row if isinstance(row[name], int | str)] == [
                value for value in row.values() if isinstance(value, int | str)
            ]


def test_what_is_kept_is_answered_alike(place: str) -> None:
    answers = [get(place, "/things?colour=red", X_Request_Id=f"id-{number}") for number in range(8)]
    for status, headers, body in answers:
        assert (status, body) == (200, answers[0][2])
        assert headers["etag"] == answers[0][1]["etag"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["link"] == answers[0][1]["link"]
    assert {headers["x-request-id"] for _, headers, _ in answers} == {
        f"id-{number}" for number in range(8)
    }
    assert any(headers["server-timing"].startswith("kept") for _, headers, _ in answers)
    tag = answers[0][1]["etag"]
    for _ in range(4):
        status, headers, body = get(place, "/things?colour=red", If_None_Match=tag)
        assert (status, headers["etag"], body) == (304, tag, b"")
        status, headers, body = get(place, "/things?colour=red", method="HEAD")
        assert (status, headers["content-length"], body) == (200, str(len(answers[0][2])), b"")


def test_figures_are_of_all_workers(place: str) -> None:
    def counted() -> float:
        lines = get(place, "/metrics")[2].decode().splitlines()
        found = [
            line
            for line in lines
            if line.startswith('medallion_api_requests_total{endpoint="/stats/total"')
        ]
        return sum(float(line.rpartition(" ")[2]) for line in found)

    before = counted()
    for _ in range(20):
        assert get(place, "/stats/total")[0] == 200
    until(lambda: counted() >= before + 20)  # an exchange is counted when its answer has gone out
    assert counted() == before + 20


@pytest.mark.parametrize("length", [7_000, 20_000, 1_000_000])
def test_long_urls_are_refused(place: str, length: int) -> None:
    try:
        status = get(place, "/things?name=" + "a" * length)[0]
    except ConnectionError:  # refused before all of it was sent
        status = 414
    assert status == (200 if length == 7_000 else 414)
    assert get(place, "/health")[0] == 200


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /things?a=\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_broken_requests_are_refused(place: str, request_line: bytes) -> None:
    host, _, port = place.partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as sock:
        sock.sendall(request_line)
        assert sock.recv(1000).startswith(b"HTTP/1.1 400")
    assert get(place, "/health")[0] == 200


@pytest.mark.parametrize(
    "handshake",
    [
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        b"Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        b"",
    ],
    ids=["valid", "another version", "without a key"],
)
@pytest.mark.parametrize(
    ("path", "status"), [(b"/things?limit=1", 200), (b"/health", 200), (b"/nope", 404)]
)
def test_a_websocket_handshake_is_answered_as_a_plain_request(
    place: str, handshake: bytes, path: bytes, status: int
) -> None:
    """Never with 101, and the connection continues to serve requests."""
    host, _, port = place.partition(":")
    upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\n" + handshake
    with socket.create_connection((host, int(port)), timeout=60) as sock:
        for headers in (upgrade, b"Connection: close\r\n"):
            sock.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n")
        answers = b"".join(iter(lambda: sock.recv(65_536), b""))
    statuses = re.findall(rb"HTTP/1\.1 (\d+) ", answers)
    assert statuses == [str(status).encode()] * 2


def test_slow_clients_keep_nobody_waiting(place: str) -> None:
    host, _, port = place.partition(":")
    slow = [socket.create_connection((host, int(port)), timeout=60) for _ in range(100)]
    for sock in slow:
        sock.sendall(b"GET /things HTTP/1.1\r\nHost: x\r\n")
    for _ in range(10):
        assert get(place, "/tables/things?limit=3")[0] == 200
    for sock in slow:
        sock.close()


Figure = Callable[[Any], int]

ORDERS: list[tuple[str, Figure]] = [
    ("/stats/total", lambda body: body["orders"]),
    ("/tables/by_client?count=exact", lambda body: sum(row["orders"] for row in body["rows"])),
    ("/tables/by_client?limit=all", lambda body: sum(row["orders"] for row in body["rows"])),
    ("/groups/by_client?metrics=orders:sum(orders)", lambda body: body["rows"][0]["orders"]),
]


@pytest.mark.parametrize("store", ["sqlite", "mongodb"])
def test_a_release_published_under_load_is_never_mixed(
    tmp_path: Path, store: str, request: pytest.FixtureRequest
) -> None:
    url = "sqlite:lake/serving.db" if store == "sqlite" else request.getfixturevalue("mongodb_url")
    project.write(tmp_path, url)
    project.load(tmp_path).run()
    faults: list[Any] = []
    seen: set[str] = set()
    done = threading.Event()

    def read(place: str, path: str, figure: Figure) -> None:
        connection = HTTPConnection(place, timeout=60)
        while not done.is_set():
            connection.request("GET", path)
            answer = connection.getresponse()
            body, release = json.loads(answer.read()), answer.headers["X-Release"]
            if answer.status != 200 or not answer.headers["ETag"].startswith(f'"{release}-'):
                faults.append((answer.status, body, answer.headers.items()))
                return
            seen.add(f"{release} {figure(body)}")
        connection.close()

    with project.gunicorn(tmp_path) as place:
        readers = [threading.Thread(target=read, args=(place, *each)) for each in ORDERS]
        for reader in readers:
            reader.start()
        until(lambda: bool(faults or seen))
        for turn in range(4):
            march = tmp_path / "data/orders/2024-03.csv"
            march.unlink() if turn % 2 else march.write_text(small.MARCH)
            project.load(tmp_path).run()
            current = project.load(tmp_path).lake.pointer().release
            until(
                lambda current=current: (
                    bool(faults) or any(text.startswith(current) for text in seen.copy())
                )
            )  # type: ignore[misc]
        done.set()
        for reader in readers:
            reader.join()
        time.sleep(10 * FRESH)
        assert {get(place, path)[1]["x-release"] for path, _ in ORDERS for _ in range(4)} == {
            current
        }
    assert not faults
    releases = {release.id: release for release in project.load(tmp_path).lake.releases()}
    assert len(seen) == len({text.partition(" ")[0] for text in seen}) == 5
    for text in seen:
        ident, _, orders = text.partition(" ")
        assert int(orders) == releases[ident].tables["silver.orders"].rows


def test_a_store_that_is_not_there_yet_and_then_is(tmp_path: Path) -> None:
    project.write(tmp_path)
    with project.gunicorn(tmp_path) as place:
        assert get(place, "/health")[0] == 200
        status, headers, _ = get(place, "/things")
        assert (status, headers["content-type"]) == (503, "application/problem+json")
        assert get(place, "/health/ready")[0] == 503
        project.load(tmp_path).run()
        assert get(place, "/things")[0] == 200
        assert get(place, "/health/ready")[0] == 200


def test_a_sqlite_file_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    project.publish(tmp_path)
    file, aside = tmp_path / "lake/serving.db", tmp_path / "aside.db"
    with project.gunicorn(tmp_path, 1) as place:
        first = _recovered(place)
        file.rename(aside)
        time.sleep(10 * FRESH)
        _down(place)
        aside.rename(file)
        assert _recovered(place)[2] == first[2]
        assert get(place, "/health/ready")[0] == 200


def test_a_mongod_that_ends_and_is_started_again(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    port, data = project.free_port(), tmp_path_factory.mktemp("own")
    project.write(tmp_path, f"mongodb://127.0.0.1:{port}/away?serverSelectionTimeoutMS=500")
    with ExitStack() as stack:
        try:
            with mongod(data, port=port):
                project.load(tmp_path).run()
                place = stack.enter_context(project.gunicorn(tmp_path, 1))
                first = _recovered(place)
            time.sleep(10 * FRESH)
            _down(place)
            with mongod(data, port=port):
                assert _recovered(place)[2] == first[2]
                assert get(place, "/health/ready")[0] == 200
        except Unavailable as reason:
            pytest.skip(str(reason))


def test_a_mongod_that_hangs_and_comes_back(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    try:
        with mongod(tmp_path_factory.mktemp("own")) as server:
            assert server.process is not None
            project.write(tmp_path, f"{server.url}/away", project.API + "  query_timeout: 1\n")
            project.load(tmp_path).run()
            with project.gunicorn(tmp_path, 1) as place:
                first = _recovered(place)
                server.process.send_signal(signal.SIGSTOP)
                time.sleep(10 * FRESH)
                _down(place)
                server.process.send_signal(signal.SIGCONT)
                assert _recovered(place)[2] == first[2]
                until(lambda: get(place, "/health/ready")[0] == 200)  # of a second each
    except Unavailable as reason:
        pytest.skip(str(reason))


def _down(place: str) -> None:
    """The API without its store: problems that say so, alive, not ready."""
    for path in (
        "/things",
        "/things?limit=7",
        "/things/3",
        "/tables/things?limit=all",
        "/health/ready",
        "/",
    ):
        status, headers, body = get(place, path)
        assert (status, headers["content-type"]) == (503, "application/problem+json"), (path, body)
    assert get(place, "/health")[0] == 200


def _recovered(place: str) -> Got:
    """The first good answer."""
    for _ in range(450):
        answer = get(place, "/things")
        if answer[0] == 200:
            return answer
        time.sleep(0.2)
    raise AssertionError(f"it stays at {answer[0]}")


def test_rates_count_whatever_answers(tmp_path: Path) -> None:
    project.write(tmp_path, api=project.API + "  rate_limit: 6/hour\n")
    project.load(tmp_path).run()
    with project.gunicorn(tmp_path, 1) as place:
        paths = [
            "/things",
            "/things",
            "/things?limit=5",
            "/things?f%61cet=colour",
            "/groups/things?by=colour",
            "/nope",
        ]
        assert [get(place, path)[0] for path in paths] == [200, 200, 200, 200, 200, 404]
        for path in ("/things", "/things?limit=6", "/groups/things?by=even"):
            status, headers, _ = get(place, path)
            assert (status, headers["content-type"]) == (429, "application/problem+json")
            assert 3000 < int(headers["retry-after"]) <= 3600
        assert get(place, "/health")[0] == 200


def test_keys_are_asked_for_whatever_answers(tmp_path: Path) -> None:
    key, entry = new_key("ann")
    project.publish(tmp_path)
    with project.gunicorn(tmp_path, 1, MEDALLION_API_KEYS=entry) as place:
        for _ in range(3):
            status, headers, _ = get(place, "/things", X_API_Key=key)
            tag = headers["etag"]
            assert (status, headers["cache-control"]) == (200, "private, no-cache")
            refused: list[dict[str, str]] = [
                {},
                {"X_API_Key": key[:-1]},
                {"Authorization": "Bearer no"},
            ]
            for given in (*refused, {"If_None_Match": tag}):
                assert get(place, "/things", **given)[0] == 401
            assert get(place, "/things", Authorization=f"Bearer {key}", If_None_Match=tag)[0] == 304


def test_the_log_has_one_line_of_json_for_a_request(tmp_path: Path) -> None:
    project.publish(tmp_path)
    with project.gunicorn(tmp_path, 1) as place:
        for number, path in enumerate(
            ("/things", "/things", "/things?limit=5", "/nope", "/tables/things?limit=all")
        ):
            get(place, path, X_Request_Id=f"log-{number}")
    lines = [
        json.loads(line)
        for line in (tmp_path / "api.log").read_text().splitlines()
        if line.startswith("{")
    ]
    asked = {line["id"]: line for line in lines if line["id"].startswith("log-")}
    assert len(lines) == len({line["id"] for line in lines})
    assert [asked[f"log-{number}"]["status"] for number in range(5)] == [200, 200, 200, 404, 200]
    assert asked["log-2"]["target"] == "/things?limit=5"
    assert all(line["ms"] >= 0 and line["who"] == "127.0.0.1" for line in asked.values())


def test_an_export_is_streamed_in_flat_memory(tmp_path: Path) -> None:
    """Who gathers an export needs several times its size; what streaming needs does not depend on it."""
    project.write(tmp_path)
    yaml = tmp_path / "medallion.yaml"
    yaml.write_text(yaml.read_text().replace("range(250)", f"range({EXPORTED})"))
    project.load(tmp_path).run()
    with project.gunicorn(tmp_path, 1) as place:
        pid = _worker(tmp_path)
        forms = {"ndjson": b'"thing_id"', "csv": b"\n", "json": b'"thing_id"'}
        for form in forms:  # what the worker's threads, its store and its allocator take once
            for _ in range(4):
                assert (
                    get(
                        place,
                        f"/tables/things?limit=all&format={form}&thing_id__lt={WARM}",
                    )[0]
                    == 200
                )
        before, sizes = _peak(pid), []
        for form, mark in forms.items():
            body = get(place, f"/tables/things?limit=all&format={form}")[2]
            assert body.count(mark) >= EXPORTED
            sizes.append(len(body))
        assert _peak(pid) - before < min(sizes) / 2


def _worker(folder: Path) -> int:
    """The process of the one worker, from gunicorn's log."""
    return int(re.findall(r"Booting worker with pid: (\d+)", (folder / "api.log").read_text())[-1])


def _peak(pid: int) -> int:
    """The most bytes of memory that a process ever had."""
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(kilobytes) * 1024


def test_as_a_plain_wsgi_application_just_as_it_is_written(folder: Path, tmp_path: Path) -> None:
    place = f"127.0.0.1:{project.free_port()}"
    environment = {
        **os.environ,
        "MEDALLION_CONFIG": str(folder / "medallion.yaml"),
        "HOME": str(tmp_path),
    }
    with (tmp_path / "log").open("wb") as log:
        command = [sys.executable, "-m", "gunicorn", "medallion_api.wsgi:app", "-b", place]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=tmp_path)
    try:
        project.wait(place, process)
        for path in (
            "/",
            "/things",
            "/stats/total",
            "/releases",
            "/quality",
            "/metrics",
            "/openapi.json",
            "/docs",
        ):
            assert get(place, path)[0] == 200, path
    finally:
        process.terminate()
        process.wait(120)


@pytest.mark.parametrize(
    ("bind", "options"),
    [("127.0.0.1:{port}", []), ("127.0.0.1:1", ["--port", "{port}"])],
    ids=["MEDALLION_API_BIND", "both: the option wins"],
)
def test_medallion_serve(tmp_path: Path, bind: str, options: list[str]) -> None:
    project.publish(tmp_path)
    port = project.free_port()
    place = f"127.0.0.1:{port}"
    command = [
        sys.executable,
        "-m",
        "medallion",
        "serve",
        *(option.format(port=port) for option in options),
    ]
    environment = {**os.environ, "MEDALLION_API_BIND": bind.format(port=port)}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path, env=environment)
    try:
        project.wait(place, process)
        assert get(place, "/things")[0] == 200
    finally:
        process.terminate()
        assert process.wait(120) == 0


def test_in_threads_too(folder: Path) -> None:
    with project.gunicorn(
        folder, 1, "-k", "gthread", "--threads", "2", "medallion_api.wsgi:app"
    ) as place:
        first = get(place, "/things?limit=3")
        assert (first[0], len(json.loads(first[2])["rows"])) == (200, 3)
        assert get(place, "/things?limit=3", If_None_Match=first[1]["etag"])[0] == 304
        assert len(json.loads(get(place, "/tables/things?limit=all")[2])["rows"]) == 250
