"""Dashboard servers, started as users start them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.request import urlopen

from tests.services import free_ports

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The shell draws the same pages without windows of its own, in four fifths of the time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or "chromium"

_TIMEOUT = 180


class Process(Protocol):
    """What a running server has of `subprocess.Popen`."""

    pid: int

    def poll(self) -> int | None: ...
    def send_signal(self, number: signal.Signals, /) -> None: ...
    def wait(self, timeout: float, /) -> int: ...


@dataclass(frozen=True)
class Server:
    """A running dashboard: its URL, its process and its log."""

    url: str
    process: Process
    log: Path


@contextmanager
def serving(config: Path, *options: str, **environment: str) -> Iterator[str]:
    """`panel serve` of a declaration; yields the URL of the dashboard."""
    with server(config, *options, **environment) as served:
        yield served.url


@contextmanager
def server(config: Path, *options: str, port: int = 0, **environment: str) -> Iterator[Server]:
    """`panel serve` of a declaration, on this port or else on a free one."""
    port = port or free_ports(1)[0]
    command = [sys.executable, "-m", "panel", *serve_command(port, *options)]
    log = config.parent / "serve.log"
    with running(command, port, log, MEDALLION_CONFIG=str(config), **environment) as served:
        yield served


def serve_command(port: int, *options: str) -> list[str]:
    """The arguments with which `panel` serves a dashboard on a port of this machine."""
    package = Path(__file__).parents[2] / "src/medallion_panel"
    return [
        *("serve", str(package), "--port", str(port), "--address", "127.0.0.1"),
        *("--allow-websocket-origin", f"127.0.0.1:{port}"),
        *options,
    ]


@contextmanager
def running(command: list[str], port: int, log: Path, **environment: str) -> Iterator[Server]:
    """A command that serves a dashboard on a port, in its own process group."""
    with log.open("w") as out:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    with until_ended(process, port, log) as served:
        yield served


@contextmanager
def until_ended(process: Process, port: int, log: Path) -> Iterator[Server]:
    """The server of a process, once it answers; ends it."""
    try:
        _wait(f"http://127.0.0.1:{port}/", process, log)
        yield Server(f"http://127.0.0.1:{port}/medallion_panel", process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_TIMEOUT)


def _wait(url: str, process: Process, log: Path) -> None:
    until = time.monotonic() + _TIMEOUT
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(url) as page:  # noqa: S310 (our own server)
                page.read()
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the dashboard did not start:\n{log.read_text()}")
