"""The MongoDB sink compared with the same load written by hand with pymongo.

    python -m benchmarks.mongodb

Each loads the same Parquet files into one mongod, from one process or from two with half of the
rows each, and leaves equal documents. They take turns, so that a busy machine affects all alike.
Seconds are those of the load, from opened file to counted collection, without imports; each process
has one client for all its files. The sink's seconds include its validator and its records. The
database has been loaded before, as in all runs but the first.

Then the sink loads a table of which few rows differ from the served version: as a whole, and as a
copy with these rows changed, from two Parquet files to the complete collection.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from bson.decimal128 import Decimal128
from pymongo import MongoClient
from rich.console import Console
from rich.table import Table
from tests.services import Service, mongod

from benchmarks.measure import Limits, measure
from medallion.contracts import TableSpec, row_changes
from medallion.records import Column, Served, Snapshot
from medallion.sinks.mongodb.database import LOADS
from medallion.sinks.mongodb.sink import MongoDB

SIZES = {
    "1,532 documents in 4 collections, one process": (1, (1500, 10, 13, 9)),
    "100,000 documents, one process": (1, (100_000,)),
    "100,000 documents, two processes": (2, (50_000, 50_000)),
    "1,000,000 documents, one process": (1, (1_000_000,)),
    "1,000,000 documents, two processes": (2, (500_000, 500_000)),
}
BATCH = 10_000
ROW_GROUP = 100_000
CHANGED = 1_000  # rows of a million that differ
LIMITS = Limits(600, 8_000)
TYPES = {
    "client_id": "int64",
    "name": "text",
    "country": "text",
    "purchases": "int64",
    "total_spent": "decimal(18,2)",
    "average": "float64",
    "first_purchase": "date",
    "last_purchase": "date",
}
ROWS = """
    select range as client_id, 'Client number ' || range as name,
        'Country ' || range % 9 as country,
           range % 40 as purchases, cast(range % 100000 / 7 as decimal(18,2)) as total_spent,
           range % 1000 / 3 as average, date '2020-01-01' + (range % 900)::int as first_purchase,
           date '2023-01-01' + (range % 700)::int as last_purchase
    from range({first}, {last})
"""

Documents = Iterator[list[dict[str, Any]]]


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    """One for all tables, as one session of a run."""
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false").fetchall()
    return connection


def sink(url: str, files: Sequence[Path]) -> None:
    """As a publication does it: one sink, one table after the other."""
    with MongoDB(url=url).connected() as connected:
        for file in files:
            _load_file(connected, file)


def _load_file(sink: MongoDB, file: Path) -> Served:
    snapshot = _snapshot(file)
    spec = TableSpec(name=file.stem, columns=snapshot.columns, key=("client_id",))
    rows = _duckdb().sql(f"from '{file}'").to_arrow_reader(BATCH)
    return sink.load(spec, snapshot, rows).served


def _snapshot(file: Path) -> Snapshot:
    rows = pq.ParquetFile(file).metadata.num_rows
    return Snapshot(
        table=f"gold.{file.stem}",
        id=f"{file.stem}-{rows}",
        fingerprint="",
        run="",
        created=datetime.now(UTC),
        columns=tuple(Column(name=name, type=type_) for name, type_ in TYPES.items()),
        rows=rows,
        bytes=0,
    )


def _load_difference(sink: MongoDB, served: Served, former: Path, file: Path) -> Served:
    one, two = (
        pa.RecordBatchReader.from_batches(each.schema_arrow, each.iter_batches(ROW_GROUP))
        for each in (pq.ParquetFile(former), pq.ParquetFile(file))
    )
    snapshot = _snapshot(file)
    spec = TableSpec(name=file.stem, columns=snapshot.columns, key=("client_id",))
    changes = row_changes(one, two, snapshot.rows // 10)
    assert changes
    report = sink.load_changes(spec, snapshot, served, changes)
    assert report
    return report.served


def rows_of_duckdb(file: Path) -> Documents:
    """Rows made by DuckDB, with `_id`."""
    dates = "first_purchase::timestamp as first_purchase, last_purchase::timestamp as last_purchase"
    found = _duckdb().execute(f"select client_id as _id, * replace ({dates}) from '{file}'")
    names = ("_id", *TYPES)
    while part := found.fetchmany(BATCH):
        documents = [dict(zip(names, row, strict=True)) for row in part]
        for document in documents:
            document["total_spent"] = Decimal128(document["total_spent"])
        yield documents


def columns_of_arrow(file: Path) -> Documents:
    """Arrow's columns as lists, put together into rows, with `_id`."""
    for batch in pq.ParquetFile(file).iter_batches(BATCH):
        columns = [_dates(batch.column(name)).to_pylist() for name in TYPES]
        columns[4] = [Decimal128(value) for value in columns[4]]
        names = ("_id", *TYPES)
        yield [dict(zip(names, row, strict=True)) for row in zip(columns[0], *columns, strict=True)]


def rows_of_python(file: Path) -> Documents:
    """The whole table as Python rows, as most would write it."""
    documents = pq.read_table(file).to_pylist()
    for document in documents:
        document["total_spent"] = Decimal128(document["total_spent"])
        for name in ("first_purchase", "last_purchase"):
            day = document[name]
            document[name] = datetime(day.year, day.month, day.day, tzinfo=UTC)
    yield documents


def _dates(column: pa.Array) -> pa.Array:
    return column.cast(pa.timestamp("ms")) if pa.types.is_date(column.type) else column


def by_hand(documents: Callable[[Path], Documents], url: str, files: Sequence[Path]) -> None:
    with MongoClient[dict[str, Any]](url) as client:
        for file in files:
            collection = client.get_default_database()[file.stem]
            for part in documents(file):
                collection.insert_many(part)
            assert collection.count_documents({}) == pq.ParquetFile(file).metadata.num_rows


WAYS: dict[str, Callable[[str, Sequence[Path]], None]] = {
    "medallion's sink": sink,
    "DuckDB rows": lambda *where: by_hand(rows_of_duckdb, *where),
    "Arrow columns": lambda *where: by_hand(columns_of_arrow, *where),
    "insert_many of Python rows": lambda *where: by_hand(rows_of_python, *where),
}
PLAIN = "insert_many of Python rows"


def load(way: str, url: str, files: Sequence[Path], processes: int) -> None:
    """What is measured: all files by one process, or one by each; prints the seconds."""
    if processes == 1:
        began, ended = _load(way, url, files, None)
    else:
        context = multiprocessing.get_context("spawn")
        start, told = context.Barrier(processes), context.SimpleQueue()
        workers = [
            context.Process(target=_tell, args=(way, url, [file], start, told)) for file in files
        ]
        for worker in workers:
            worker.start()
        times = [told.get() for _ in workers]
        for worker in workers:
            worker.join()
        began, ended = min(time for time, _ in times), max(time for _, time in times)
    print(json.dumps(ended - began))


def _load(way: str, url: str, files: Sequence[Path], start: Barrier | None) -> tuple[float, float]:
    import pyarrow.dataset  # noqa: F401 (what a cold process imports late is not the load)

    _duckdb()  # a run has its session before it loads
    if start:
        start.wait()
    began = time.monotonic()
    WAYS[way](url, files)
    return began, time.monotonic()


def _tell(way: str, url: str, files: Sequence[Path], start: Barrier, told: Any) -> None:
    told.put(_load(way, url, files, start))


def sample(url: str, table: str) -> list[dict[str, Any]]:
    """Some documents of the table as loaded, to see that all ways leave the same."""
    with MongoClient[dict[str, Any]](url) as client:
        database = client.get_default_database()
        names = database.list_collection_names()
        (name,) = [found for found in names if found.split("__")[0] == table]
        found = [dict(document) for document in database[name].find(sort=[("_id", 1)], limit=1000)]
        for each in set(names) - {LOADS}:
            database.drop_collection(each)
        database[LOADS].delete_many({})  # it stays, for the database has been loaded before
    return [{key: value for key, value in document.items() if key in TYPES} for document in found]


def compare(server: str, title: str, files: Sequence[Path], processes: int, rounds: int) -> None:
    count = sum(pq.ParquetFile(file).metadata.num_rows for file in files)
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    peaks = dict.fromkeys(WAYS, 0.0)
    samples: list[list[dict[str, Any]]] = []
    for _ in range(rounds):
        for way, spent in seconds.items():
            url = f"{server}/bench"
            command = [sys.executable, "-m", "benchmarks.mongodb", "--processes", str(processes)]
            command += ["--load", way, url, *map(str, files)]
            cost, said = measure(command, Path(__file__).parents[1], LIMITS)
            spent.append(json.loads(said))
            peaks[way] = max(peaks[way], cost.peak)
            samples.append(sample(url, files[0].stem))
            assert samples[-1] == samples[0], f"{way} left other documents"
    middles = {way: median(spent) for way, spent in seconds.items()}
    best = min(took for way, took in middles.items() if way != "medallion's sink")
    shown = Table(title=f"{title}, medians of {rounds}", title_justify="left")
    shown.add_column("")
    for heading in ("seconds", "documents/s", "of the best by hand", "of plain", "peak MB"):
        shown.add_column(heading, justify="right")
    for way, took in middles.items():
        ratios = (f"{best / took:.2f}", f"{middles[PLAIN] / took:.2f}")
        shown.add_row(way, f"{took:.3f}", f"{count / took:,.0f}", *ratios, f"{peaks[way]:,.0f}")
    Console(width=120).print(shown)


def compare_difference(server: Service, folder: Path, rounds: int) -> None:
    """A table of which few rows differ from the served one, as a whole and as a changed copy."""
    former, latter = folder / "former.parquet", folder / "latter.parquet"
    made = ROWS.format(first=0, last=1_000_000)
    other = f"case when client_id % {1_000_000 // CHANGED} = 7 then -1 else purchases end"
    _duckdb().execute(f"copy ({made}) to '{former}'").fetchall()
    _duckdb().execute(
        f"copy (select * replace ({other} as purchases) from '{former}') to '{latter}'"
    ).fetchall()
    costs: dict[str, list[tuple[float, float, float]]] = {"all rows": [], "the difference": []}
    with (
        MongoDB(url=f"{server.url}/difference").connected() as sink,
        MongoClient[dict[str, Any]](f"{server.url}/difference") as client,
    ):
        database = client.get_default_database()
        served = _load_file(sink, former)
        hashes = set()
        for _ in range(rounds):
            for way, spent in costs.items():
                began = _clocks(server)
                table = (
                    _load_file(sink, latter)
                    if way == "all rows"
                    else _load_difference(sink, served, former, latter)
                )
                spent.append(tuple(b - a for a, b in zip(began, _clocks(server), strict=True)))
                rows = database[table.name].aggregate([{"$sort": {"_id": 1}}, {"$out": "sorted"}])
                hashes.add(database.command("dbHash")["collections"]["sorted"])
                rows.close()
                database[LOADS].delete_one({"_id": table.name})
                database.drop_collection(table.name)
    assert len(hashes) == 1, "the two left other documents"
    title = f"{CHANGED:,} of 1,000,000 documents differ, medians of {rounds}"
    shown = Table(title=title, title_justify="left")
    shown.add_column("loaded")
    for heading in ("seconds", "CPU of the run", "CPU of the server"):
        shown.add_column(heading, justify="right")
    for way, spent in costs.items():
        shown.add_row(way, *(f"{median(values):.2f}" for values in zip(*spent, strict=True)))
    Console(width=120).print(shown)


def _clocks(server: Service) -> tuple[float, float, float]:
    """The time, and the CPU seconds of this process and of the server."""
    assert server.process
    times = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(times[11]) + int(times[12])
    return time.monotonic(), time.process_time(), ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--load", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--processes", type=int, default=1, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.load:
        way, url, *files = given.load
        load(way, url, [Path(file) for file in files], given.processes)
        return
    with tempfile.TemporaryDirectory() as folder, mongod(Path(folder)) as server:
        with MongoClient[dict[str, Any]](f"{server.url}/bench") as client:
            client.get_default_database().create_collection(LOADS)
        for title, (processes, sizes) in SIZES.items():
            files = []
            for number, rows in enumerate(sizes):
                files.append(Path(folder) / f"table_{number}.parquet")
                made = ROWS.format(first=number * rows, last=(number + 1) * rows)
                _duckdb().execute(f"copy ({made}) to '{files[-1]}'").fetchall()
            compare(server.url, title, files, processes, given.rounds)
        compare_difference(server, Path(folder), given.rounds)


if __name__ == "__main__":
    main()
