"""The API beside FastAPI on the same mongod with the same number of workers: `python -m benchmarks.api`.

Needs wrk, and FastAPI in the Python that `--peer-python` names (benchmarks/peers/requirements-fastapi.txt).
Both write no access log. Requests/s and p99, measured in turns so that a busy machine harms all alike.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pyarrow as pa
import pymongo
from tests.services import free_ports, mongod

from medallion.contracts import Sink, TableSpec
from medallion.pipeline import Pipeline
from medallion.records import Column, Release, Snapshot

YAML = """\
name: bench
lake: lake
tables:
  bronze: {{clients: {{source: clients.csv}}}}
  gold:
    clients_stats: {{from: bronze.clients}}
    summary: {{from: bronze.clients}}
sinks:
  serving:
    url: {url}
    tables:
      clients_stats: {{key: client_id, indexes: [[country, -total_spent]]}}
api:
  endpoints:
    /clients: {{table: clients_stats, sort: -total_spent, limit: 50}}
    /stats/summary: {{table: summary, single: true}}
"""
TYPES = {"client_id": "BIGINT", "name": "VARCHAR", "country": "VARCHAR", "purchases": "BIGINT"}
COLUMNS = (*(Column(name=n, type=t) for n, t in TYPES.items()), Column(name="total_spent", type="DECIMAL(18,2)"))
SUMMARY = (Column(name="clients", type="BIGINT"), Column(name="revenue", type="DECIMAL(18,2)"))
COUNTRIES = ("France", "Germany", "Spain", "Italy", "Portugal", "Belgium", "Austria", "Ireland", "Poland")
HERE = Path(__file__).parent
LOAD = ("wrk", "--threads", "1", "--connections", "32", "--latency", "--timeout", "10s")


def rows(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        cents = number * 7919 % 1_000_003
        yield {
            "client_id": number,
            "name": f"Client {number}",
            "country": COUNTRIES[number % 9],
            "purchases": number % 40,
            "total_spent": Decimal(cents).scaleb(-2),
        }


def publish(sink: Sink, count: int) -> Release:
    """Load and activate `count` clients and a summary, as a run would."""
    schema = pa.schema(
        [
            ("client_id", pa.int64()),
            ("name", pa.string()),
            ("country", pa.string()),
            ("purchases", pa.int64()),
            ("total_spent", pa.decimal128(18, 2)),
        ]
    )
    served, snapshots = {}, {}
    small = pa.table({"clients": [count], "revenue": pa.array([Decimal("1.00")], pa.decimal128(18, 2))})
    tables = {
        "clients_stats": (
            TableSpec(
                name="clients_stats", columns=COLUMNS, key=("client_id",), indexes=(("country", "-total_spent"),)
            ),
            count,
            pa.RecordBatchReader.from_batches(schema, _batches(count, schema)),
        ),
        "summary": (TableSpec(name="summary", columns=SUMMARY), 1, small.to_reader()),
    }
    for name, (spec, number, batches) in tables.items():
        snapshot = Snapshot(
            table=f"gold.{name}",
            id=f"{name}{count}",
            fingerprint=f"{name}{count}",
            run="run",
            created=datetime.now(UTC),
            columns=spec.columns,
            rows=number,
            bytes=0,
        )
        snapshots[snapshot.table] = snapshot
        served[name] = sink.load(spec, snapshot, batches).served
    release = Release(
        id=f"bench-{count}",
        pipeline="bench",
        run="run",
        created=datetime.now(UTC),
        previous=None,
        tables=snapshots,
        layers={},
        served={sink.label: served},
    )
    sink.activate(release)
    return release


def _batches(count: int, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    stream = rows(count)
    while part := list(islice(stream, 50_000)):
        yield pa.RecordBatch.from_pylist(part, schema)


def publish_peer(url: str, count: int) -> None:
    """The peer's own collection, with floats as it would have them, and the same indexes."""
    with pymongo.MongoClient(url) as client:
        database = client.get_default_database()
        stream = ({**row, "total_spent": float(row["total_spent"])} for row in rows(count))
        while part := list(islice(stream, 10_000)):
            database["peer_clients"].insert_many(part)
        database["peer_clients"].create_index([("country", 1), ("total_spent", -1)])
        database["peer_clients"].create_index("client_id")
        database["peer_summary"].insert_one({"clients": count, "revenue": 1.0})


@contextmanager
def serving(command: list[str], port: int, path: str, **environment: str) -> Iterator[str]:
    """A server as a process, ready when `path` answers."""
    process = subprocess.Popen(command, env={**os.environ, **environment}, cwd=HERE / "peers")
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urlopen(url + path, timeout=5).close()  # noqa: S310 (our own address)
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def ours(folder: Path, store: str, count: int, workers: int) -> Any:
    """Publish into a store and serve it."""
    folder.mkdir()
    (folder / "medallion.yaml").write_text(YAML.format(url=store))
    publish(Pipeline.load(folder / "medallion.yaml").sinks["serving"], count)
    port = free_ports(1)[0]
    options = ["-c", "python:medallion_api.gunicorn_conf", "-b", f"127.0.0.1:{port}", "-w", str(workers)]
    command = [sys.executable, "-m", "gunicorn", *options]
    environment = {"MEDALLION_CONFIG": str(folder / "medallion.yaml"), "MEDALLION_API_ACCESS_LOG": "WARNING"}
    return serving(command, port, "/health/ready", **environment)


def measure(url: str, path: str, seconds: int, *, minimum: str = "", header: str = "") -> tuple[float, float]:
    """Requests/s and p99 in ms. With `minimum` every request is new: that parameter takes another value each time."""
    options = ["--duration", f"{seconds}s", *(["--header", header] if header else [])]
    if minimum:
        joined = f"{path}&{minimum}="
        script = (
            "local seed = tonumber(tostring({}):sub(8), 16) or 1\nmath.randomseed(os.time() + seed % 100000)\n"
            f'request = function() return wrk.format("GET", "{joined}" .. (math.random(1, 400000000) / 100000)) end\n'
        )
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
            file.write(script)
            file.flush()
            said = subprocess.run([*LOAD, *options, "--script", file.name, url], capture_output=True, text=True).stdout
    else:
        said = subprocess.run([*LOAD, *options, url + path], capture_output=True, text=True).stdout
    if "Non-2xx" in said:
        raise SystemExit(f"{url}{path}: not every answer was right\n{said}")
    found = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    speed = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if not found or not speed:
        raise SystemExit(said)
    return float(speed[1]), float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]


def compare(count: int, seconds: int, workers: int, peer_python: str, folder: Path) -> None:
    with ExitStack() as stack:
        (folder / "db").mkdir(parents=True)
        server = stack.enter_context(mongod(folder / "db"))
        publish_peer(f"{server.url}/bench", count)
        port = free_ports(1)[0]
        command = [peer_python, "-m", "uvicorn", "fastapi_app:app", "--port", str(port), "--workers", str(workers)]
        command += ["--no-access-log", "--log-level", "warning"]
        peer = stack.enter_context(serving(command, port, "/stats/summary", PEER_URL=f"{server.url}/bench"))
        mongo = stack.enter_context(ours(folder / "mongodb", f"{server.url}/bench", count, workers))
        sqlite = stack.enter_context(ours(folder / "sqlite", "sqlite:serving.db", count, workers))
        listing, one = "/clients?country=France", f"/clients/{count // 2}"
        tags = {url: urlopen(url + listing).headers["ETag"] for url in (mongo, sqlite)}  # noqa: S310
        tasks: list[tuple[str, dict[str, Any]]] = [
            ("list, every query new", {"path": listing, "new": True}),
            ("list, repeated", {"path": listing}),
            ("one document", {"path": one}),
            ("summary", {"path": "/stats/summary"}),
            ("list, unchanged (304)", {"path": listing, "conditional": True}),
        ]
        print(f"\n{count:,} documents, {workers} workers, 32 connections: requests/s (p99 ms)\n")
        print("| | FastAPI + pymongo | ours, MongoDB | | ours, SQLite | |\n| --- | --- | --- | --- | --- | --- |")
        for title, task in tasks:
            cells = []
            for url in (peer, mongo, sqlite):
                minimum = ("min_total" if url is peer else "total_spent__gte") if task.get("new") else ""
                header = f"If-None-Match: {tags[url]}" if task.get("conditional") and url is not peer else ""
                cells.append(measure(url, task["path"], seconds, minimum=minimum, header=header))
            base = cells[0][0]
            shown = [f"{speed:,.0f} ({late:.0f})" for speed, late in cells]
            ratios = [f"{speed / base:.1f} ×" for speed, _ in cells[1:]]
            print(f"| {title} | {shown[0]} | {shown[1]} | {ratios[0]} | {shown[2]} | {ratios[1]} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--documents", type=int, nargs="*", default=[1500, 1_000_000])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--peer-python", default=sys.executable)
    given = parser.parse_args()
    for count in given.documents:
        with tempfile.TemporaryDirectory() as folder:
            compare(count, given.seconds, given.workers, given.peer_python, Path(folder))


if __name__ == "__main__":
    main()
