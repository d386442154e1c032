"""One command, measured: wall time, processor time and memory, of it and all its children."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

MEGABYTE = 1 << 20
INTERVAL = 0.05  # seconds between two looks at the memory
ORPHANS = 10.0  # seconds for processes to end after the one that started them
_PR_SET_CHILD_SUBREAPER = 36


class StoppedError(Exception):
    """A command failed, or went over its limits and was ended."""


@dataclass(frozen=True)
class Limits:
    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Cost:
    """Seconds of wall and processor time, megabytes of memory at the peak."""

    wall: float
    cpu: float
    peak: float


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        *(median(getattr(cost, name) for cost in costs) for name in ("wall", "cpu", "peak"))
    )


def measure(
    command: Sequence[str], cwd: Path, limits: Limits, environment: dict[str, str] | None = None
) -> tuple[Cost, str]:
    """Run a command to its end: what it cost, and what it printed. Raises StoppedError."""
    _adopt_orphans()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        child = subprocess.Popen(
            command,
            cwd=cwd,
            env=_environment() | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        watch = _Watch(child.pid, limits)
        watch.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        watch.end()
        cpu = usage.ru_utime + usage.ru_stime + _orphans(child.pid)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    if child.returncode or watch.reason:
        why = watch.reason or f"exit code {child.returncode}"
        raise StoppedError(f"{' '.join(command)}: {why}\n{texts[1][-2000:]}")
    own = usage.ru_maxrss / (MEGABYTE if sys.platform == "darwin" else 1024)
    return Cost(wall, cpu, max(own, watch.peak)), texts[0]


def _adopt_orphans() -> None:
    """Become the parent of processes whose parent ends before them, as a server of forks does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _orphans(group: int) -> float:
    """The processor time of the processes of a group that are left; they are about to end."""
    spent, until = 0.0, time.monotonic() + ORPHANS
    while time.monotonic() < until:
        try:
            pid, _, usage = os.wait4(-group, os.WNOHANG)
        except ChildProcessError:
            break
        spent += usage.ru_utime + usage.ru_stime if pid else 0.0
        time.sleep(0 if pid else INTERVAL)
    return spent


def _environment() -> dict[str, str]:
    """The caller's environment, with Python's byte code cached as in an installed package."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(Path(__file__).parent / ".data/pycache")}


class _Watch(threading.Thread):
    """Watches the memory of a process and its children, and kills them beyond their limits."""

    def __init__(self, pid: int, limits: Limits) -> None:
        super().__init__(daemon=True)
        self.pid, self.limits = pid, limits
        self.peak = 0.0
        self.reason = ""
        self._done = threading.Event()

    def run(self) -> None:
        began = time.monotonic()
        while not self._done.wait(INTERVAL):
            self.peak = max(self.peak, _memory(self.pid))
            if time.monotonic() - began > self.limits.seconds:
                self.reason = f"ended after {self.limits.seconds:.0f} s"
            elif self.peak > self.limits.megabytes:
                self.reason = f"ended at {self.peak:.0f} MB"
            if self.reason:
                os.killpg(self.pid, signal.SIGKILL)
                return

    def end(self) -> None:
        self._done.set()
        self.join()


def _memory(pid: int) -> float:
    """Megabytes in use by a process and its children; 0 where /proc is missing."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE + sum(
        _memory(int(child)) for child in children
    )
