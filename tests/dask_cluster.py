"""A real Dask cluster: a scheduler and workers, each a process group of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.services import free_ports, listens

START_SECONDS = 180


@dataclass
class Cluster:
    """The scheduler's address, and the processes; workers share no folder with each other."""

    folder: Path
    environment: Mapping[str, str]
    address: str = ""
    scheduler: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_scheduler(self, environment: Mapping[str, str] | None = None) -> None:
        port = free_ports(1)[0]
        self.address = f"tcp://127.0.0.1:{port}"
        options = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show"]
        self.scheduler = self._start("scheduler", environment, "scheduler", *options)
        end = time.monotonic() + START_SECONDS
        while not listens(port):
            assert self.scheduler.poll() is None, (self.folder / "scheduler/log").read_text()
            assert time.monotonic() < end, "the scheduler did not start"
            time.sleep(0.05)

    def start_worker(self, environment: Mapping[str, str] | None = None) -> None:
        name = f"worker-{len(self.workers)}"
        options = [self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard"]
        command = ("worker", *options, "--memory-limit", "0")
        self.workers.append(self._start(name, environment, *command))

    def kill_worker(self, number: int, environment: Mapping[str, str] | None = None) -> None:
        """Kill a worker, and start another one."""
        os.killpg(self.workers[number].pid, signal.SIGKILL)
        self.workers[number].wait()
        self.start_worker(environment)

    def stop(self) -> None:
        for process in [*self.workers, *([self.scheduler] if self.scheduler else [])]:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(
        self, name: str, environment: Mapping[str, str] | None, *command: str
    ) -> subprocess.Popen[bytes]:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        with (folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_" + command[0], *command[1:]],
                cwd=folder,
                env={**self.environment, **(environment or {}), "TMPDIR": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


@contextmanager
def dask_cluster(
    folder: Path, workers: int = 2, environment: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """A scheduler with workers, which are killed at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(folder, {**os.environ, **(environment or {})})
    try:
        cluster.start_scheduler()
        for _ in range(workers):
            cluster.start_worker()
        yield cluster
    finally:
        cluster.stop()
