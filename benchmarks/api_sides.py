"""What the API's benchmark serves: the same rows for both sides, and both sides as servers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pyarrow as pa
import pymongo
from tests.services import free_ports

from benchmarks.environments import PEERS
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
TYPES = {"client_id": "int64", "name": "text", "country": "text", "purchases": "int64"}
COLUMNS = (
    *(Column(name=n, type=t) for n, t in TYPES.items()),
    Column(name="total_spent", type="decimal(18,2)"),
)
SUMMARY = (Column(name="clients", type="int64"), Column(name="revenue", type="decimal(18,2)"))
COUNTRIES = (
    "France",
    "Germany",
    "Spain",
    "Italy",
    "Portugal",
    "Belgium",
    "Austria",
    "Ireland",
    "Poland",
)


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
    small = pa.table(
        {"clients": [count], "revenue": pa.array([Decimal("1.00")], pa.decimal128(18, 2))}
    )
    tables = {
        "clients_stats": (
            TableSpec(
                name="clients_stats",
                columns=COLUMNS,
                key=("client_id",),
                indexes=(("country", "-total_spent"),),
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
    process = subprocess.Popen(command, env={**os.environ, **environment}, cwd=PEERS)
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
    options = [
        "-c",
        "python:medallion_api.gunicorn_conf",
        "-b",
        f"127.0.0.1:{port}",
        "-w",
        str(workers),
    ]
    command = [sys.executable, "-m", "gunicorn", *options]
    environment = {
        "MEDALLION_CONFIG": str(folder / "medallion.yaml"),
        "MEDALLION_API_ACCESS_LOG": "WARNING",
    }
    return serving(command, port, "/health/ready", **environment)


def peer(python: str, url: str, workers: int) -> Any:
    """Serve the peer's collection."""
    port = free_ports(1)[0]
    command = [
        python,
        "-m",
        "uvicorn",
        "fastapi_app:app",
        "--port",
        str(port),
        "--workers",
        str(workers),
    ]
    return serving(
        [*command, "--no-access-log", "--log-level", "warning"],
        port,
        "/stats/summary",
        PEER_URL=url,
    )
