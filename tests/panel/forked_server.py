"""Dashboard servers forked from a process that has imported what they run, once for each worker.

The imports take some seconds of a processor, more than the visits of most tests. `panel serve` itself
is started by `dashboard_server`.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from signal import Signals

from tests.api.project import gunicorn
from tests.panel.dashboard_server import Server, serve_command, until_ended
from tests.services import free_ports

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["medallion_panel.app", "panel.command.serve"])


class ForkedProcess:
    """A command of Panel in a process of its own, as `subprocess.Popen` has one."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._process = _CONTEXT.Process(target=_run, args=(command, environment, log))
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self, timeout: float) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError(f"process {self.pid} has not ended after {timeout} s")
        return self._process.exitcode


def _run(command: list[str], environment: dict[str, str], log: Path) -> None:
    from panel.command import main

    os.setsid()
    with log.open("w") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    try:
        sys.argv = command
        main(command)
    finally:
        atexit._run_exitfuncs()


@contextmanager
def serving(config: Path, *options: str, **environment: str) -> Iterator[str]:
    """The dashboard of a declaration; yields its URL."""
    with server(config, *options, **environment) as served:
        yield served.url


@contextmanager
def serving_over_api(config: Path) -> Iterator[str]:
    """The dashboard of a declaration that asks an API for the release; yields its URL."""
    with (
        gunicorn(config.parent, 1) as place,
        serving(config, MEDALLION_API_URL=f"http://{place}") as url,
    ):
        yield url


@contextmanager
def server(config: Path, *options: str, port: int = 0, **environment: str) -> Iterator[Server]:
    """The dashboard of a declaration, on this port or else on a free one."""
    port, log = port or free_ports(1)[0], config.parent / "serve.log"
    variables = {**os.environ, "MEDALLION_CONFIG": str(config), **environment}
    process = ForkedProcess(["panel", *serve_command(port, *options)], variables, log)
    with until_ended(process, port, log) as served:
        yield served
