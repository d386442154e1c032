"""A small pipeline with an API, for tests: a table of every kind of column, and what the API serves of it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import medallion as md
from tests.copies import published_copy
from tests.integration import small
from tests.services import free_ports

THINGS = """\
    things:
      from: silver.orders
      steps:
        - sql: |
            select range as thing_id, 'thing ' || range as name, ['red', 'green', 'blue'][1 + range % 3] as colour,
                   cast(range * 1.25 as decimal(12,2)) as price, range / 8.0 as rate, range % 2 = 0 as even,
                   date '2024-01-01' + cast(range % 40 as integer) as day, 9007199254740993 + range as large,
                   timestamp '2024-01-01 12:00:00' + to_hours(range) as made,
                   timestamptz '2024-01-01 12:00:00+02' + to_hours(range) as seen,
                   case when range % 10 = 0 then null when range % 10 = 1 then '' else 'n' || range % 4 end as note
            from range(250)
    pairs:
      from: silver.orders
      steps:
        - sql: select 'a/b' as left_, range as right_, range * 2 as twice from range(3)
    ends:
      from: silver.orders
      steps:
        - sql: |
            select 1 as id, 'infinity'::double as number, ['infinity'::double, 1.5] as numbers union all
            select 2, '-infinity'::double, [null::double] union all select 3, null, null
    names:
      from: silver.orders
      steps:
        - sql: select unnest(['日本', 'naïve', 'Ω/🙂', 'plain']) as name, 1 as one
sinks:
"""
API = """\
api:
  why: true
  diff: true
  endpoints:
    /things: {table: things, sort: -price, limit: 20}
    /few: {table: things, filters: [colour, price], fields: [thing_id, colour, price], sort: thing_id}
    /names: {table: names}
    /stats/total: {table: total, single: true}
"""


def write(folder: Path, url: str = "sqlite:lake/serving.db", api: str = API) -> Path:
    """The project in a folder, serving from `url`; gives the declaration's path."""
    yaml = small.YAML.replace("sinks:\n", THINGS).replace("sqlite:lake/serving.db", url)
    keys = "      things: {key: thing_id, indexes: [colour, -price]}\n      pairs: {key: [left_, right_]}\n"
    keys += "      names: {key: name}\n      ends: {key: id}\n"
    return small.write(folder, yaml + keys + api)


def publish(folder: Path) -> md.Pipeline:
    """The project in a folder, with its first release."""
    published_copy(write, folder)
    return load(folder)


def load(folder: Path) -> md.Pipeline:
    return md.Pipeline.load(folder / "medallion.yaml")


def free_port() -> int:
    return free_ports(1)[0]


@contextmanager
def gunicorn(folder: Path, workers: int = 2, *options: str, **environment: str) -> Iterator[str]:
    """The API of a project under gunicorn with the settings that are shipped; gives host and port."""
    settings = {**os.environ, "MEDALLION_CONFIG": str(folder / "medallion.yaml"), **environment}
    with socket.create_server(("127.0.0.1", 0)) as server, (folder / "api.log").open("ab") as log:
        place, bound = f"127.0.0.1:{server.getsockname()[1]}", server.fileno()
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "python:medallion_api.gunicorn_conf",
            "-b",
            f"fd://{bound}",
        ]
        process = subprocess.Popen(
            [*command, "--graceful-timeout", "2", "-w", str(workers), *options],
            env=settings,
            stdout=log,
            stderr=log,
            pass_fds=[bound],
        )
        try:
            wait(place, process)
            yield place
        finally:
            process.terminate()
            process.wait(120)


def wait(place: str, process: subprocess.Popen[bytes]) -> None:
    """Until it answers."""
    for _ in range(1200):
        if process.poll() is not None:
            raise AssertionError(f"the server ended with {process.returncode}")
        connection = HTTPConnection(place, timeout=5)
        try:
            connection.request("GET", "/health")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()
    raise AssertionError("the server did not answer in two minutes")
