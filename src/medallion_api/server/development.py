"""Serves the API for development: what `medallion serve` does."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def serve(
    config: Path, host: str | None = None, port: int | None = None, workers: int | None = None
) -> None:
    """Become gunicorn, serving the pipeline of `config`; does not return.

    Defaults come from `MEDALLION_API_BIND` and `WEB_CONCURRENCY`. In production, start gunicorn
    yourself: `gunicorn -c python:medallion_api.gunicorn_conf`.
    """
    environment = {**os.environ, "MEDALLION_CONFIG": str(config)}
    workers = workers or int(os.environ.get("WEB_CONCURRENCY") or 1)
    bind = address(os.environ.get("MEDALLION_API_BIND") or "127.0.0.1:8000", host, port)
    options = ["-c", "python:medallion_api.gunicorn_conf", "-b", bind, "-w", str(workers)]
    command = [sys.executable, "-m", "gunicorn", *options]
    os.execve(sys.executable, command, environment)  # noqa: S606 (no shell)


def address(bind: str, host: str | None, port: int | None) -> str:
    """The address to listen on: `bind`, such as `0.0.0.0:8000`, with this host and port."""
    if host is None and port is None:
        return bind
    former, _, number = bind.rpartition(":")
    known = number.isdigit()
    host = host or (former if known and former else "127.0.0.1")
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return f"{host}:{port if port is not None else number if known else 8000}"
