"""Files on FTP servers: `ftp://USER@HOST/PATH`, and `ftps://` with TLS."""

from __future__ import annotations

import ftplib
import os
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from medallion.errors import MissingError, StorageError
from medallion.storage import Entry
from medallion.storage.source_storage import SourceStorage, url_parts

T = TypeVar("T")

SECONDS = 30.0  # for connecting, and for each answer
ATTEMPTS = 3  # of a request whose connection is lost
_FACTS = "OPTS MLST type;size;modify;"  # what to say of each file


class _Connection(ftplib.FTP):
    """A connection that is closed when the thread that uses it ends."""

    def __del__(self) -> None:
        self.close()


class _TlsConnection(_Connection, ftplib.FTP_TLS):
    """The same with TLS."""


class FtpStorage(SourceStorage):
    """Files below a folder of an FTP server, which must list them by `MLSD` and `MLST` (RFC 3659).

    Parameters: `url` has the user and the password; without a user, it is anonymous. Certificates
    of `ftps://` are checked by those of the system, or of the file that `SSL_CERT_FILE` names.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        del options
        parts = url_parts(url)
        self._tls = parts.scheme == "ftps"
        self._host, self._port = parts.hostname or "", parts.port or ftplib.FTP_PORT
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._folder = unquote(parts.path).rstrip("/")
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{self._folder}"

    def local(self, path: str) -> Path:
        def download(part: Path) -> None:
            def retrieve(server: ftplib.FTP) -> None:
                with part.open("wb") as file:  # a further attempt begins again
                    server.retrbinary(f"RETR {self._path(path)}", file.write)

            self._ask(retrieve, path)

        return self.copied(path, download)

    def info(self, path: str) -> Entry | None:
        try:
            answer = self._ask(lambda server: server.sendcmd(f"MLST {self._path(path)}"), path)
        except MissingError:
            return None
        facts = answer.splitlines()[1].strip().partition(" ")[0]
        pairs = [fact.partition("=") for fact in facts.split(";") if fact]
        return _entry(path, {name.lower(): value for name, _, value in pairs})

    def list(self, folder: str) -> list[Entry]:
        try:
            entries = self._ask(lambda server: [*self._walk(server, folder)], folder)
        except MissingError:
            return []
        return sorted(entries, key=lambda entry: entry.path)

    def _walk(self, server: ftplib.FTP, folder: str) -> Iterator[Entry]:
        for name, facts in list(self._facts(server, folder)):
            path = f"{folder}/{name}" if folder else name
            if facts.get("type") == "dir":
                yield from self._walk(server, path)
            elif entry := _entry(path, facts):
                yield entry

    def _facts(self, server: ftplib.FTP, folder: str) -> Iterator[tuple[str, dict[str, str]]]:
        """What the server says of each file and folder that is directly in a folder."""
        for name, facts in server.mlsd(self._path(folder)):
            known = {fact.lower(): value for fact, value in facts.items()}
            if known.get("type", "").lower() not in ("cdir", "pdir"):
                yield name, known

    def _path(self, path: str) -> str:
        return f"{self._folder}/{path}".rstrip("/") or "/"

    def _ask(self, request: Callable[[ftplib.FTP], T], path: str) -> T:
        """The answer to a request, on a new connection if the former is lost."""
        place = f"{self.url}/{path}".rstrip("/")
        for attempt in range(1, ATTEMPTS + 1):
            server = self._connection()
            try:
                return request(server)
            except ftplib.error_perm as error:
                raise self._refusal(place, error) from error
            except UnicodeError as error:
                raise StorageError(
                    f"{place}: the server's file names are not in UTF-8", hint="rename the files"
                ) from error
            except (ftplib.Error, OSError, EOFError) as error:
                self._lose(server)
                if attempt == ATTEMPTS:
                    reason = str(error) or "the connection was lost"
                    raise StorageError(f"{place}: {reason}", hint="run again later") from error
        raise AssertionError

    def _refusal(self, place: str, error: ftplib.error_perm) -> StorageError:
        reason = str(error)
        if reason[:3] in ("500", "502", "504"):
            return StorageError(
                f"{place}: the server does not list files by MLSD: {reason}",
                hint="ask its owner for SFTP, or for a server with MLSD (RFC 3659)",
            )
        if "denied" in reason.lower() or "not enough privileges" in reason.lower():
            hint = "give the user the right to read it"
            return StorageError(f"{place}: permission denied", hint=hint)
        if reason[:3] in ("501", "550"):
            return MissingError(f"{place}: no such file or folder")
        return StorageError(f"{place}: {reason}", hint="check the user and the path in the URL")

    # Connections: one for each server and user of a thread, since a client serves one at a time

    @property
    def _key(self) -> str:
        place = self._tls, self._host, self._port, self._user, self._password
        return repr((os.getpid(), *place))

    def _connection(self) -> ftplib.FTP:
        connections: dict[str, ftplib.FTP] = _connections.__dict__
        if self._key not in connections:
            connections[self._key] = self._connect()
        return connections[self._key]

    def _lose(self, server: ftplib.FTP) -> None:
        _connections.__dict__.pop(self._key, None)
        with suppress(OSError):
            server.close()

    def _connect(self) -> ftplib.FTP:
        place = f"{'ftps' if self._tls else 'ftp'}://{self._host}:{self._port}"
        server = (
            _TlsConnection(context=ssl.create_default_context(), timeout=SECONDS)
            if self._tls
            else _Connection(timeout=SECONDS)
        )
        try:
            server.connect(self._host, self._port)
            server.login(self._user, self._password)
            if isinstance(server, ftplib.FTP_TLS):
                server.prot_p()
            with suppress(ftplib.error_perm):  # the facts are said unasked, or MLSD is not known
                server.sendcmd(_FACTS)
        except ftplib.error_perm as error:
            server.close()
            raise StorageError(
                f"{place}: the server refuses the user {self._user or 'anonymous'}: {error}",
                hint="check the user and the password in the URL",
            ) from error
        except (ftplib.Error, OSError, EOFError) as error:
            server.close()
            hint = "check the host and the port, and that it is an FTP server"
            raise StorageError(f"{place}: {error or 'no answer'}", hint=hint) from error
        return server


_connections = threading.local()


def _entry(path: str, facts: Mapping[str, str]) -> Entry | None:
    """A file by its facts; None for anything else."""
    if facts.get("type", "").lower() != "file":
        return None
    size, moment = int(facts.get("size", 0)), facts.get("modify", "")
    modified = 0.0
    if moment:
        parsed = datetime.strptime(moment[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        modified = parsed.timestamp()
    return Entry(path, size, f"{size}-{moment}", modified, modified)
