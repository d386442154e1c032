"""Kill a run with SIGKILL at a chosen instant, in a child process.

Each call of a storage or a sink that changes what others can see is a named point of the protocol;
they are counted, and the process dies before or after the n-th. A fork of a process that has
imported everything costs no more than the run itself.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import duckdb  # noqa: F401 (imported here, so that no child has to)
import pyarrow.parquet  # noqa: F401
import s3fs  # noqa: F401
from pymongo.collection import Collection
from pymongo.database import Database

import medallion as md
import medallion.kernel.compute_table
import medallion.pipeline
import medallion.sinks.mongodb.bulk_insert
import medallion.storage.s3
from medallion.sinks.mongodb.sink import MongoDB
from medallion.sinks.sqlite.sink import Sqlite
from medallion.storage.local import LocalStorage
from medallion.storage.object_store import RemoteStorage
from medallion.testing.processes import fork
from tests.instants import KILLS, MOMENT, POINT, tried
from tests.integration import small

WRITES = {
    LocalStorage: ("put", "put_file", "sync", "create", "swap", "delete"),
    RemoteStorage: ("put", "put_file", "create", "swap", "delete"),
    Sqlite: ("load", "load_changes", "activate", "prune"),
    MongoDB: ("load", "load_changes", "activate", "prune"),
    Collection: (
        *("insert_many", "aggregate", "create_indexes", "rename"),
        *("find_one_and_update", "replace_one", "update_one", "delete_one", "delete_many"),
    ),
    Database: ("command", "create_collection", "drop_collection"),
}
SERVER = (Collection, Database)

NAMED = 225
"""Roughly the number of kills at named points; the others are at random moments."""


def run_killed_at(
    folder: Path,
    point: int,
    *,
    after: bool,
    kinds: Sequence[type[Any]] = tuple(WRITES),
    work: Callable[[md.Pipeline], object] = md.Pipeline.run,
) -> str | None:
    """Run the pipeline, or do other `work` with it, in a child that is killed at the n-th point.

    Returns the name of the point of `kinds`, or None when the work has fewer.
    """
    reader, writer = os.pipe()
    child = fork()
    if child == 0:  # pragma: no cover - the child never returns
        os.close(reader)
        strike_at(point, partial(_die, writer), after=after, kinds=kinds)
        code = _run(folder, work)
        os.write(writer, b"done" if code == 0 else b"failed")
        os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        outcome = pipe.read()
    os.waitpid(child, 0)
    assert outcome != "failed", "the run failed by itself"
    if outcome == "done":
        return None
    tried[POINT] += 1
    return outcome


def writes_of(folder: Path, kinds: Sequence[type[Any]]) -> list[str]:
    """Run the pipeline in a child and return the names of its writes of `kinds`, in order."""

    def run() -> None:
        names: list[str] = []
        strike_at(None, names.append, kinds=kinds)
        small.load(folder).run()
        (folder / "writes").write_text("\n".join(names))

    assert Child(run).result() == ""
    return (folder / "writes").read_text().splitlines()


class Child:
    """A child process that runs `work` to its end."""

    def __init__(self, work: Callable[[], object]) -> None:
        reader, writer = os.pipe()
        self._process = fork()
        if self._process == 0:  # pragma: no cover - the child never returns
            os.close(reader)
            try:
                work()
            except BaseException as error:
                os.write(writer, f"{type(error).__name__}: {error}".encode()[:60_000])
            os._exit(0)
        os.close(writer)
        self._said = os.fdopen(reader)

    def result(self) -> str:
        """Wait for the end; the text of its error, or an empty text."""
        with self._said:
            message = self._said.read()
        code = os.waitpid(self._process, 0)[1]
        return message or (f"ended with {code}" if code else "")


def run_killed_after(folder: Path, seconds: float) -> bool:
    """Run the pipeline in a child that is killed after a time; return whether it was running."""
    child = fork()
    if child == 0:  # pragma: no cover - the child never returns
        os._exit(_run(folder))
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    struck = os.waitpid(child, 0)[1] == signal.SIGKILL
    tried[MOMENT] += struck
    return struck


def at_random_moments(
    share: float, prepared: Callable[[], Path], check: Callable[[str], object]
) -> None:
    """Kill runs of prepared projects at random moments, and check each project afterwards.

    Parameters: `share` of all random kills that this test makes.
    """
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    longest, cut = 0.5, 0
    while cut < max(6, round((KILLS - NAMED) * share)):
        moment = chance.uniform(0.01, longest)
        if run_killed_after(prepared(), moment):
            cut += 1
            longest = min(longest * 1.1, 10)
        else:  # it had ended before: try shorter times
            longest = max(longest * 0.8, 0.1)
        check(f"killed after {moment:.3f} s, seed {seed}")


def _run(folder: Path, work: Callable[[md.Pipeline], object] = md.Pipeline.run) -> int:
    try:
        work(small.load(folder))
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def strike_at(
    point: int | None,
    strike: Callable[[str], object],
    *,
    after: bool = False,
    kinds: Sequence[type[Any]] = tuple(WRITES),
) -> None:
    """Let this process call `strike` with the name of the n-th write of these kinds.

    Parameters: `point` is n, or None for every write; `after` it, else before it.
    """
    lock = threading.Lock()
    count = 0

    def counted(kind: type[Any], name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            with lock:
                count += 1
                is_point = point in (None, count)
            if is_point and not after:
                strike(_called(kind, name, args))
            value = method(*args, **kwargs)
            if is_point and after:
                strike(_called(kind, name, args))
            return value

        return call

    for kind in kinds:
        for name in WRITES[kind]:
            setattr(kind, name, counted(kind, name, getattr(kind, name)))


def _called(kind: type[Any], name: str, args: tuple[Any, ...]) -> str:
    what = args[1] if len(args) > 1 and isinstance(args[1], str) else ""
    return f"{kind.__name__}.{name} {args[0].name if kind is Collection else what}"


def _die(writer: int, point: str) -> None:
    os.write(writer, point.encode())
    os.kill(os.getpid(), signal.SIGKILL)
