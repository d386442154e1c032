"""A real Prefect server in a separate environment: it depends on SQLAlchemy, medallion must not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from urllib.request import urlopen

from tests.services import Unavailable, free_ports

# Later versions of fastapi make this server fail at its start.
PACKAGES = ("prefect==3.8.8", "fastapi==0.150.*")
_ENVIRONMENT = (
    Path.home()
    / ".cache"
    / "medallion-tests"
    / f"prefect-3.8.8-py{sys.version_info.major}{sys.version_info.minor}"
)
_START_SECONDS = 180


@contextmanager
def prefect_server(folder: Path) -> Iterator[str]:
    """The API's address of a new server with its data in `folder`."""
    binary, port = _environment() / "bin" / "prefect", free_ports(1)[0]
    settings = {
        "PREFECT_HOME": str(folder),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [binary, "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}/api"
    try:
        end = time.monotonic() + _START_SECONDS
        while not _healthy(url):
            if server.poll() is not None or time.monotonic() > end:
                output = (folder / "server.log").read_text()[-2000:]
                raise RuntimeError(f"the Prefect server did not start:\n{output}")
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _environment() -> Path:
    """The server's environment, created once per machine: one test process does, others wait."""
    _ENVIRONMENT.parent.mkdir(parents=True, exist_ok=True)
    with _ENVIRONMENT.with_suffix(".lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not (_ENVIRONMENT / "ready").exists():
            _install()
    return _ENVIRONMENT


def _install() -> None:
    shutil.rmtree(_ENVIRONMENT, ignore_errors=True)
    try:
        subprocess.run(
            [sys.executable, "-m", "venv", _ENVIRONMENT], check=True, capture_output=True
        )
        pip = [str(_ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", *PACKAGES]
        subprocess.run(pip, check=True, capture_output=True, timeout=600)
    except (OSError, subprocess.SubprocessError) as error:
        hint = "set MEDALLION_TEST_PREFECT_URL to the API of a server"
        raise Unavailable(f"the Prefect server cannot be installed ({error}): {hint}") from None
    (_ENVIRONMENT / "ready").touch()


def _healthy(url: str) -> bool:
    try:
        with urlopen(f"{url}/health", timeout=10) as answer:  # noqa: S310 (an address of our own)
            return bool(answer.status == 200)
    except OSError:
        return False
