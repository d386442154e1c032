"""Certificates for tests of TLS, created by openssl: two authorities, and what they signed."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.services import Unavailable

PASSWORD = "k3y-s3cret"  # noqa: S105 (of a key that exists for a minute)

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]


@dataclass(frozen=True)
class Certificates:
    """Files in a folder. `server` is valid for 127.0.0.1; the key in `client` needs PASSWORD."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "authority.crt"

    @property
    def stranger(self) -> Path:
        """An authority that the server does not trust."""
        return self.folder / "stranger.crt"

    @property
    def server(self) -> Path:
        """Certificate and key in one file, as MongoDB reads them."""
        return self.folder / "server.pem"

    @property
    def client(self) -> Path:
        return self.folder / "client.pem"

    @property
    def foreign(self) -> Path:
        """A client's certificate that the stranger signed."""
        return self.folder / "foreign.pem"


def certificates(folder: Path) -> Certificates:
    """Create all certificates, valid for a day."""
    if shutil.which("openssl") is None:
        raise Unavailable("openssl is not installed: apt-get install openssl")
    for authority in ("authority", "stranger"):
        _request(folder, authority, "-addext", "keyUsage=critical,keyCertSign")
    address = ["-addext", "subjectAltName=IP:127.0.0.1"]
    _sign(folder, "server", "authority", "-noenc", *address)
    _sign(folder, "client", "authority", "-passout", f"pass:{PASSWORD}")
    _sign(folder, "foreign", "stranger", "-noenc")
    return Certificates(folder)


def _sign(folder: Path, name: str, authority: str, *options: str) -> None:
    signed_by = ["-CA", f"{authority}.crt", "-CAkey", f"{authority}.key"]
    _request(folder, name, *signed_by, "-addext", "basicConstraints=critical,CA:FALSE", *options)
    (folder / f"{name}.pem").write_text(
        (folder / f"{name}.crt").read_text() + (folder / f"{name}.key").read_text()
    )


def _request(folder: Path, name: str, *options: str) -> None:
    files = ["-keyout", f"{name}.key", "-out", f"{name}.crt"]
    secret = [] if "-passout" in options or "-noenc" in options else ["-noenc"]
    command = [
        "openssl",
        "req",
        "-x509",
        *_KEY,
        *files,
        *secret,
        "-days",
        "1",
        "-subj",
        f"/CN={name}",
        *options,
    ]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
