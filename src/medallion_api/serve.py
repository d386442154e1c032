"""Serves the API for development: what `medallion serve` does."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def serve(config: Path, host: str = "127.0.0.1", port: int = 8000, workers: int = 1) -> None:
    """Become gunicorn, serving the pipeline of `config`; does not return.

    Whoever serves for good starts gunicorn: `gunicorn -c python:medallion_api.gunicorn_conf`.
    """
    environment = {**os.environ, "MEDALLION_CONFIG": str(config)}
    options = ["-c", "python:medallion_api.gunicorn_conf", "-b", f"{host}:{port}", "-w", str(workers)]
    os.execve(sys.executable, [sys.executable, "-m", "gunicorn", *options], environment)  # noqa: S606 (no shell)
