"""Sources compared with reading the same by hand: a table of PostgreSQL and an API.

    python -m benchmarks.sources --rows 10000000

PostgreSQL: psycopg's `COPY` of the table into a file is the limit. Next to it are the pull alone
into a file, `medallion run` to a release with the table in bronze and silver, a run with nothing
new, and dlt, which loads the table into DuckDB and keeps no files. API: urllib3, the HTTP client of
the source, reads the pages of a server in a process of its own, finds each next page by parsing
JSON, and writes the records into a file; next to it the pull into a file.

All take turns, so that a busy machine affects all alike, a pull and its limit in either order, and
each has a process of its own. Seconds of the limits and the pulls are without imports; those of
`medallion run` and dlt are of the whole process. A pull is within its bound if it has at least 0.8
of the limit's rate, the median of the rounds' ratios. `make bench-sources` runs it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table
from tests.rest_server import Reply, RestServer, serving_records
from tests.services import Service, Unavailable, postgres

from benchmarks.environments import peer_python
from benchmarks.measure import Limits, StoppedError, measure
from benchmarks.shop import DATA, DEFAULTS, HERE, MEDALLION
from medallion.plugins import SOURCES, build

BOUND = 0.8  # of the limit's rate
LIMITS = Limits(seconds=3600, megabytes=8_000)
BLOCK = 1 << 20
EXIT_SECONDS = 0.3  # for a session of PostgreSQL to end after its client
RECORDS = 100  # of a page
HEADER_LINES = {"psycopg COPY": 1, "pull of a table": 3}
TABLE = """
    create table orders as
        select id, (id * 7919 % 50000)::int as client_id, 'Product ' || id % 977 as product,
            (id * 37 % 100000 / 100.0)::numeric(12,2) as amount, id % 3 = 0 as paid,
            date '2020-01-01' + (id % 1500)::int as ordered_on,
            timestamptz '2020-01-01 00:00+00' + id * interval '7 seconds' as changed,
            case when id % 5 = 0 then 'to be delivered, "before noon"' end as note
        from generate_series(1::bigint, {rows}) as id;
    alter table orders add primary key (id)"""
COPY = "copy (select * from orders order by id) to stdout (format csv, header)"
DECLARATION = """\
name: orders
tables:
  bronze:
    orders: {{source: {{sql: {{url: "{url}", table: orders}}}}}}
  silver:
    orders: {{from: bronze.orders}}
"""


@dataclass(frozen=True)
class Spent:
    """Seconds of wall and processor time, of the server too if it is PostgreSQL; peak megabytes."""

    wall: float
    cpu: float
    server: float
    peak: float


Costs = dict[str, list[Spent]]


def copy(url: str, file: Path) -> None:
    """The limit for a table: `COPY` by psycopg."""
    import psycopg

    with (
        psycopg.connect(url) as connection,
        connection.cursor().copy(COPY) as stream,
        file.open("wb") as out,
    ):
        out.writelines(stream)


def request_pages(url: str, file: Path) -> None:
    """The limit for an API: the pages by urllib3."""
    import urllib3

    with urllib3.PoolManager() as pool, file.open("w", encoding="utf-8") as out:
        following: str | None = url
        while following:
            page = json.loads(pool.request("GET", following).data)
            out.writelines(f"{json.dumps(record)}\n" for record in page["data"])
            following = page["next"]


def pull(declared: dict[str, Any], file: Path) -> None:
    source = build(SOURCES, declared)
    with source.connect() as connection, file.open("wb") as out:
        for item in source.look(connection, []):
            out.writelines(source.pull(connection, item))


SIDES: dict[str, Callable[[str, Path], None]] = {
    "psycopg COPY": copy,
    "pull of a table": lambda url, file: pull({"sql": {"url": url, "table": "orders"}}, file),
    "urllib3": request_pages,
    "pull of an API": lambda url, file: pull(
        {"rest": {"url": url, "records": "data", "next": "next"}}, file
    ),
}


def read(side: str, url: str, file: Path) -> None:
    """What is measured, in a process of its own; prints the seconds of wall and processor time."""
    import psycopg  # noqa: F401 (imports are not measured)
    import urllib3  # noqa: F401

    wall, cpu = time.perf_counter(), time.process_time()
    SIDES[side](url, file)
    print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))


def measured(side: str, url: str, folder: Path, lines: int, server: Service | None = None) -> Spent:
    """One side, in a process of its own. Raises StoppedError when it has another number of rows."""
    file = folder / "rows"
    command = [sys.executable, "-m", "benchmarks.sources", "--read", side, url, str(file)]
    before = sessions_cpu(server)
    cost, printed = measure(command, HERE.parent, LIMITS)
    wall, cpu = json.loads(printed)
    with file.open("rb") as stream:
        count = sum(block.count(b"\n") for block in iter(lambda: stream.read(BLOCK), b""))
    file.unlink()
    if count != lines:
        raise StoppedError(f"{side}: {count:,} lines, not {lines:,}")
    return Spent(wall, cpu, sessions_cpu(server) - before, cost.peak)


def sessions_cpu(server: Service | None) -> float:
    """The processor time of the sessions of PostgreSQL that have ended."""
    if server is None or server.process is None:
        return 0.0
    time.sleep(EXIT_SECONDS)
    times = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(times[13]) + int(times[14])) / os.sysconf("SC_CLK_TCK")


def compare_tables(rows: int, rounds: int, folder: Path) -> Costs:
    """The table, in `rounds` rounds of all sides."""
    import psycopg

    peer = peer_python("dlt", DATA / "peers/dlt")
    costs: Costs = {}
    with postgres("-c", "max_wal_size=4GB", "-c", "fsync=off") as server:
        url = f"{server.url}/postgres"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TABLE.format(rows=rows))
            connection.execute("vacuum analyze orders")
        for number in range(rounds):
            for side in in_turn(HEADER_LINES, number):
                spent = measured(side, url, folder, rows + HEADER_LINES[side], server)
                costs.setdefault(side, []).append(spent)
            project = folder / f"project-{number}"
            project.mkdir()
            (project / "medallion.yaml").write_text(DECLARATION.format(url=url))
            run = [MEDALLION, "run", "--json"]
            dlt = [peer, str(HERE / "peers/dlt_postgres.py"), url, "orders", str(folder / "dlt")]
            for side, command in (
                ("medallion run", run),
                ("medallion run, nothing new", run),
                ("dlt to DuckDB", dlt),
            ):
                before = sessions_cpu(server)
                cost, printed = measure(command, project, LIMITS, DEFAULTS)
                if rows_of(printed) != rows:
                    raise StoppedError(f"{side}: {rows_of(printed):,} rows, not {rows:,}")
                spent = Spent(cost.wall, cost.cpu, sessions_cpu(server) - before, cost.peak)
                costs.setdefault(side, []).append(spent)
            for used in (project, folder / "dlt"):
                shutil.rmtree(used)
    return costs


def in_turn(sides: Iterable[str], number: int) -> list[str]:
    """The sides, in the opposite order in every other round."""
    return list(sides)[:: -1 if number % 2 else 1]


def rows_of(printed: str) -> int:
    """The rows that a run, or dlt, says to have loaded."""
    result = json.loads(printed)
    return result if isinstance(result, int) else result["steps"][-1]["rows"]


def serve(pages: int) -> None:
    """Serve pages, made before they are requested, until standard input ends; prints the URL."""

    def reply(_: RestServer, query: dict[str, str]) -> Reply:
        return bodies[int(query.get("page", 0))], {}

    with serving_records() as server:
        server.reply = reply
        first = f"{server.url}{server.path}"
        bodies = [
            json.dumps(
                {
                    "data": [record(page * RECORDS + number) for number in range(RECORDS)],
                    "next": f"{first}?page={page + 1}" if page + 1 < pages else None,
                }
            ).encode()
            for page in range(pages)
        ]
        print(first, flush=True)
        sys.stdin.read()


def record(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "client": {"id": number * 7919 % 50_000, "name": f"Client {number % 977}"},
        "amount": number * 37 % 100_000 / 100,
        "paid": number % 3 == 0,
        "changed": f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}T12:00:00Z",
        "tags": ["new", "café"][: number % 3],
    }


@contextmanager
def served_pages(pages: int) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.sources", "--serve", str(pages)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HERE.parent, text=True
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.communicate()


def compare_apis(pages: int, rounds: int, folder: Path) -> Costs:
    costs: Costs = {"urllib3": [], "pull of an API": []}
    with served_pages(pages) as url:
        for number in range(rounds):
            for side in in_turn(costs, number):
                costs[side].append(measured(side, url, folder, pages * RECORDS))
    return costs


def table(title: str, costs: Costs, count: int, unit: str) -> Table:
    """Medians, and the rates that follow from them; the load average is of five minutes."""
    title += f", load average {os.getloadavg()[1]:.1f}"
    shown = Table(title=title, title_justify="left")
    shown.add_column("")
    headings = ("wall s", "CPU s", "CPU s of the server", "peak MB", f"{unit}/s")
    for heading in headings:
        shown.add_column(heading, justify="right")
    for side, spent in costs.items():
        wall = median(each.wall for each in spent)
        cpu, server = (median(getattr(each, name) for each in spent) for name in ("cpu", "server"))
        peak = median(each.peak for each in spent)
        cells = (f"{wall:.2f}", f"{cpu:.2f}", f"{server:.2f}" if server else "")
        shown.add_row(side, *cells, f"{peak:,.0f}", f"{count / wall:,.0f}")
    return shown


def verdict(costs: Costs, side: str, limit: str) -> str:
    """The rate of a side as a part of the limit's, whether it is within the bound, and by CPU."""
    pairs = list(zip(costs[limit], costs[side], strict=True))
    rate = median(best.wall / own.wall for best, own in pairs)
    cpu = median((best.cpu + best.server) / (own.cpu + own.server) for best, own in pairs)
    met = "met" if rate >= BOUND else "MISSED"
    return f"{side}: {rate:.2f} of the rate of {limit}, ≥ {BOUND}: {met} (by CPU time {cpu:.2f})"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N", help="of the table")
    parser.add_argument("--pages", type=int, default=2_000, metavar="N", help="of the API")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--read", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        side, url, file = given.read
        read(side, url, Path(file))
        return 0
    if given.serve:
        serve(given.serve)
        return 0
    console = Console(width=120)
    DATA.mkdir(exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as name:
            costs = compare_tables(given.rows, given.rounds, Path(name))
            title = f"{given.rows:,} rows of PostgreSQL, medians of {given.rounds}"
            console.print(table(title, costs, given.rows, "rows"))
            print(verdict(costs, "pull of a table", "psycopg COPY"), flush=True)
            costs = compare_apis(given.pages, given.rounds, Path(name))
            title = f"{given.pages:,} pages of {RECORDS} records, medians of {given.rounds}"
            console.print(table(title, costs, given.pages, "pages"))
            print(verdict(costs, "pull of an API", "urllib3"), flush=True)
    except (StoppedError, Unavailable) as stopped:
        print(stopped, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
