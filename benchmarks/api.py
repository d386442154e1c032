"""The API compared with FastAPI on the same mongod and workers: `make bench-api`.

Needs wrk (Debian's package); FastAPI gets an environment of its own. Neither writes an access log.
Servers take turns, case by case and round by round, so that a busy machine affects all alike. The
median round is shown.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.request import urlopen

from tests.services import mongod

from benchmarks.api_sides import ours, peer, publish_peer
from benchmarks.environments import peer_python

LOAD = ("wrk", "--threads", "1", "--connections", "32", "--latency", "--timeout", "10s")
LIST = "/clients?country=France"
SCRIPT = """\
math.randomseed(os.time() + (tonumber(tostring({{}}):sub(8), 16) or 1) % 100000)
request = function() return wrk.format("GET", "{before}" .. {number} .. "{after}") end
"""


@dataclass(frozen=True)
class Case:
    """A request. `*` in `path` is another number, up to `most`, each time.

    `peers` is the same request as the peer understands it.
    """

    title: str
    path: str
    peers: str = ""
    most: int = 0
    conditional: bool = False


@dataclass(frozen=True)
class Speed:
    """Requests/s, and milliseconds that half and 99 of 100 answers take at most."""

    rate: float
    half: float
    late: float

    def __str__(self) -> str:
        return f"{self.rate:,.0f} ({self.half:.1f}, {self.late:.0f})"


def cases(count: int) -> list[Case]:
    low, high = f"{LIST}&total_spent__gte=*", f"{LIST}&total_spent__lte=*"
    return [
        Case("list, a new minimum each time", low, f"{LIST}&min_total=*", most=4000),
        Case("list, a new maximum each time", high, f"{LIST}&max_total=*", most=10000),
        Case("list, repeated", LIST),
        Case("one document, another each time", "/clients/*", most=count - 1),
        Case("one document, repeated", f"/clients/{count // 2}"),
        Case("summary", "/stats/summary"),
        Case("list, unchanged (304)", LIST, conditional=True),
    ]


def measure(url: str, path: str, seconds: int, most: int, tag: str) -> Speed:
    """Load one server with one case."""
    options = ["--duration", f"{seconds}s", *(["--header", f"If-None-Match: {tag}"] if tag else [])]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        if "*" in path:
            before, _, after = path.partition("*")
            whole = f"math.random(0, {most})"
            number = whole if path.endswith("/*") else f"{whole} + math.random(0, 99999) / 100000"
            file.write(SCRIPT.format(before=before, after=after, number=number))
            file.flush()
            options += ["--script", file.name]
        said = subprocess.run(
            [*LOAD, *options, url + path.replace("*", "1")], capture_output=True, text=True
        ).stdout
    found = dict(re.findall(r"(50|99)%\s+([\d.]+(?:us|ms|s))", said))
    speed = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if "Non-2xx" in said or not speed or len(found) < 2:
        raise SystemExit(f"{url}{path}: some answers were not as expected\n{said}")
    return Speed(float(speed[1]), _milliseconds(found["50"]), _milliseconds(found["99"]))


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def compare(count: int, seconds: int, workers: int, rounds: int, python: str, folder: Path) -> None:
    """Publish and serve the same rows from all sides, load them in turn, and print a table.

    Then measure pages and an export.
    """
    (folder / "db").mkdir(parents=True)
    with ExitStack() as stack:
        server = stack.enter_context(mongod(folder / "db"))
        publish_peer(f"{server.url}/bench", count)
        sides = {
            "FastAPI + pymongo": stack.enter_context(peer(python, f"{server.url}/bench", workers)),
            "ours, MongoDB": stack.enter_context(
                ours(folder / "mongodb", f"{server.url}/bench", count, workers)
            ),
            "ours, SQLite": stack.enter_context(
                ours(folder / "sqlite", "sqlite:serving.db", count, workers)
            ),
        }
        first, *others = sides
        print(
            f"\n{count:,} documents, {workers} workers, 32 connections: requests/s (ms: p50, p99)\n"
        )
        print("| | " + " | ".join([first, *(f"{name} | ×" for name in others)]) + " |")
        print("| --- " * (2 * len(sides)) + "|")
        for case in cases(count):
            speeds = _speeds(case, sides, seconds, rounds)
            cells = [
                f"{speeds[name]} | {speeds[name].rate / speeds[first].rate:.1f}" for name in others
            ]
            print(f"| {case.title} | {speeds[first]} | " + " | ".join(cells) + " |", flush=True)
        for name in others:
            _pages(name, sides[name], count)
            _export(name, sides[name], workers)


def _speeds(case: Case, sides: dict[str, str], seconds: int, rounds: int) -> dict[str, Speed]:
    found: dict[str, list[Speed]] = {name: [] for name in sides}
    for _ in range(rounds):
        for number, (name, url) in enumerate(sides.items()):
            path = case.peers or case.path if number == 0 else case.path
            tag = urlopen(url + path).headers["ETag"] if case.conditional and number else ""  # noqa: S310
            found[name].append(measure(url, path, seconds, case.most, tag))
    return {
        name: sorted(speeds, key=lambda speed: speed.rate)[len(speeds) // 2]
        for name, speeds in found.items()
    }


def _pages(name: str, url: str, count: int) -> None:
    """Print the time of pages of ten rows, none requested before: the first, and late ones.

    The filter selects a ninth of the rows.
    """
    connection = HTTPConnection(url.removeprefix("http://"))
    early = _walk(connection, "", 40)
    cursor, skipped = "", min(99, count // 9000)
    for _ in range(skipped):
        cursor, _ = _page(connection, cursor, 1000)
    late = _walk(connection, cursor, 40)
    connection.close()
    print(
        f"\n{name}: a page, median: the first {early:.2f} ms, "
        f"after {skipped * 100:,} pages {late:.2f} ms"
    )


def _walk(connection: HTTPConnection, cursor: str, pages: int) -> float:
    taken = []
    for _ in range(pages):
        cursor, seconds = _page(connection, cursor, 10)
        taken.append(seconds)
    return statistics.median(taken) * 1000


def _page(connection: HTTPConnection, cursor: str, limit: int) -> tuple[str, float]:
    started = time.perf_counter()
    connection.request("GET", f"{LIST}&limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
    body = connection.getresponse().read()
    return json.loads(body)["cursor"], time.perf_counter() - started


def _export(name: str, url: str, workers: int) -> None:
    """All rows at once, and how far the memory of all workers rose meanwhile."""
    pids = list(_workers(url))
    before = sum(map(_peak, pids))
    started, size = time.perf_counter(), 0
    with urlopen(f"{url}/tables/clients_stats?limit=all&format=csv") as answer:  # noqa: S310
        while part := answer.read(1 << 20):
            size += len(part)
    seconds = time.perf_counter() - started
    grown = sum(map(_peak, pids)) - before
    print(
        f"{name}: all as CSV, {size / 1e6:.1f} MB, in {seconds:.1f} s; "
        f"peak of {workers} workers +{grown:.0f} MB"
    )


def _workers(url: str) -> Iterator[int]:
    """The processes that listen at an address."""
    said = subprocess.run(["ss", "-ltnp"], capture_output=True, text=True).stdout
    lines = [line for line in said.splitlines() if f":{url.rpartition(':')[2]} " in line]
    return iter({int(pid) for line in lines for pid in re.findall(r"pid=(\d+)", line)})


def _peak(pid: int) -> float:
    """The most memory a process ever had, in MB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1000 if found else 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="make bench-api", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--documents", type=int, nargs="*", default=[1500, 1_000_000])
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--peer", type=Path, default=Path("build/peer-fastapi"), help="the environment of FastAPI"
    )
    given = parser.parse_args(arguments)
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed: apt-get install wrk")
    python = peer_python("fastapi", given.peer.absolute())
    for count in given.documents:
        with tempfile.TemporaryDirectory() as folder:
            compare(count, given.seconds, given.workers, given.rounds, python, Path(folder))


if __name__ == "__main__":
    main()
