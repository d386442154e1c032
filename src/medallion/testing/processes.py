"""Child processes, for suites that test several processes on one database or storage."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable
from typing import Any


def started(work: Callable[..., None], *values: Any) -> Any:
    """A new process (spawned, not forked) that has begun to run `work(*values)`."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=values, daemon=True)
    process.start()
    return process


def fork() -> int:
    """As `os.fork`, with the garbage of the parent frozen in the child.

    Collecting objects that belong to threads of the parent may crash the child, which lacks them.
    """
    process = os.fork()
    if process == 0:
        gc.freeze()
    return process


def forked(work: Callable[[], Any]) -> int:
    """The process id of a fork that calls `work` and exits: with 0, or with 1 when it raises."""
    process = fork()
    if process == 0:  # pragma: no cover - the child never returns
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return process
