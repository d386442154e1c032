"""Kill a run with SIGKILL at a chosen instant, in a process of its own.

Every call that changes anything others could see, of the storage and of the sinks, is one named point
of the protocol: `n` counts them, and the process dies before or after the n-th. Forking a process that
has imported everything makes a try cost what the run costs.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from medallion.sinks.sqlite import Sqlite
from medallion.storage.local import LocalStorage
from medallion.storage.remote import RemoteStorage
from tests.integration import small

WRITES = {
    LocalStorage: ("put", "put_file", "create", "swap", "delete"),
    RemoteStorage: ("put", "put_file", "create", "swap", "delete"),
    Sqlite: ("load", "activate", "prune"),
}


def run_killed_at(folder: Path, point: int, *, after: bool) -> str | None:
    """Run the pipeline in a child killed at a point; its name, or None when the run had no such point."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child never returns
        os.close(reader)
        _die_at(point, writer, after=after)
        code = _run(folder)
        os.write(writer, b"done" if code == 0 else b"failed")
        os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as told:
        said = told.read()
    os.waitpid(child, 0)
    assert said != "failed", "the run failed by itself"
    return None if said == "done" else said


def in_a_child(work: Callable[[], object]) -> None:
    """Do some work in a child, so that no thread or connection of it stays in this process to be forked."""
    child = os.fork()
    if child == 0:  # pragma: no cover - the child never returns
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def run_killed_after(folder: Path, seconds: float) -> bool:
    """Run the pipeline in a child killed after a time; whether it was still running."""
    child = os.fork()
    if child == 0:  # pragma: no cover - the child never returns
        os._exit(_run(folder))
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def _run(folder: Path) -> int:
    try:
        small.load(folder).run()
    except BaseException:
        import traceback

        traceback.print_exc()
        return 1
    return 0


def _die_at(point: int, writer: int, *, after: bool) -> None:
    lock = threading.Lock()
    seen = 0

    def dying(kind: type[Any], name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal seen
            with lock:
                seen += 1
                mine = seen == point
            if mine and not after:
                _die(writer, kind, name, args)
            value = method(*args, **kwargs)
            if mine:
                _die(writer, kind, name, args)
            return value

        return call

    for kind, names in WRITES.items():
        for name in names:
            setattr(kind, name, dying(kind, name, getattr(kind, name)))


def _die(writer: int, kind: type[Any], name: str, args: tuple[Any, ...]) -> None:
    what = args[1] if len(args) > 1 and isinstance(args[1], str) else ""
    os.write(writer, f"{kind.__name__}.{name} {what}".encode())
    os.kill(os.getpid(), signal.SIGKILL)
