"""Other processes, for suites that look at what happens between several."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable
from typing import Any


def started(work: Callable[..., None], *values: Any) -> Any:
    """Another process at some work."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=values, daemon=True)
    process.start()
    return process


def fork() -> int:
    """As `os.fork`. The child leaves alone what its parent has made: to collect objects of threads that it does not
    have may crash it."""
    process = os.fork()
    if process == 0:
        gc.freeze()
    return process


def forked(work: Callable[[], Any]) -> int:
    """The process identifier of a fork that does some work and ends."""
    process = fork()
    if process == 0:  # pragma: no cover - the child never returns
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return process
