"""Files on SFTP servers: `sftp://USER@HOST/PATH`, with the absolute path on the server."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from medallion.errors import MissingError, StorageError
from medallion.secrets import masked_logger
from medallion.storage import Entry, require_packages
from medallion.storage.source_storage import SourceStorage, url_parts

if TYPE_CHECKING:
    from paramiko import SFTPAttributes, SFTPClient

T = TypeVar("T")

PORT = 22
SECONDS = 30.0  # for connecting, and for each answer
ATTEMPTS = 3  # of a request whose connection is lost
_KNOWN_HOSTS = "MEDALLION_SFTP_KNOWN_HOSTS"
_KEY = "MEDALLION_SFTP_KEY"

# It logs each lost connection with a traceback; the errors here say what is wrong.
masked_logger("paramiko").setLevel("CRITICAL")


class SftpStorage(SourceStorage):
    """Files below a folder of an SFTP server. Links are followed to files, not to folders.

    Parameters: `url` has the user, and perhaps the password. Otherwise the user's keys are used:
    those of the agent, the file that `MEDALLION_SFTP_KEY` names, and those in `~/.ssh`. The server
    must be in `~/.ssh/known_hosts`, or in the file that `MEDALLION_SFTP_KNOWN_HOSTS` names. Raises
    PluginError when the extra `sftp` is not installed.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        del options
        require_packages(url, "sftp", "paramiko")
        parts = url_parts(url)
        self._host, self._port = parts.hostname or "", parts.port or PORT
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._folder = parts.path.rstrip("/")
        self.url = f"sftp://{parts.netloc.rpartition('@')[2]}{self._folder}"

    def local(self, path: str) -> Path:
        return self.copied(
            path,
            lambda part: self._ask(lambda files: files.get(self._path(path), str(part)), path),
        )

    def info(self, path: str) -> Entry | None:
        try:
            status = self._ask(lambda files: files.stat(self._path(path)), path)
        except MissingError:
            return None
        return _entry(path, status) if S_ISREG(status.st_mode or 0) else None

    def list(self, folder: str) -> list[Entry]:
        try:
            entries = self._ask(lambda files: [*self._walk(files, folder)], folder)
        except MissingError:
            return []
        return sorted(entries, key=lambda entry: entry.path)

    def _walk(self, files: SFTPClient, folder: str) -> Iterator[Entry]:
        for status in files.listdir_attr(self._path(folder)):
            path = f"{folder}/{status.filename}" if folder else status.filename
            mode = status.st_mode or 0
            if S_ISDIR(mode):
                yield from self._walk(files, path)
                continue
            if S_ISLNK(mode):
                try:
                    status = files.stat(self._path(path))
                except FileNotFoundError:  # a link to nothing
                    continue
            if S_ISREG(status.st_mode or 0):
                yield _entry(path, status)

    def _path(self, path: str) -> str:
        return f"{self._folder}/{path}".rstrip("/") or "/"

    def _ask(self, request: Callable[[SFTPClient], T], path: str) -> T:
        """The answer to a request, on a new connection if the former is lost."""
        from paramiko import SSHException

        place = f"{self.url}/{path}".rstrip("/")
        for attempt in range(1, ATTEMPTS + 1):
            files = self._connection()
            try:
                return request(files)
            except FileNotFoundError as error:
                raise MissingError(f"{place}: no such file or folder") from error
            except PermissionError as error:
                raise StorageError(
                    f"{place}: permission denied", hint="give the user the right to read it"
                ) from error
            except (SSHException, OSError, EOFError) as error:
                self._lose(files)
                if attempt == ATTEMPTS:
                    reason = str(error) or "the connection was lost"
                    raise StorageError(f"{place}: {reason}", hint="run again later") from error
        raise AssertionError

    # Connections: one for each server and user of a thread, since a client serves one at a time

    @property
    def _key(self) -> str:
        return repr((os.getpid(), self._host, self._port, self._user, self._password))

    def _connection(self) -> SFTPClient:
        connections: dict[str, SFTPClient] = _connections.__dict__
        if self._key not in connections:
            connections[self._key] = self._connect()
        return connections[self._key]

    def _lose(self, files: SFTPClient) -> None:
        _connections.__dict__.pop(self._key, None)
        files.close()

    def _connect(self) -> SFTPClient:
        import paramiko

        client = paramiko.SSHClient()  # it refuses servers that are not known
        try:
            client.load_system_host_keys(os.environ.get(_KNOWN_HOSTS))
            client.connect(
                self._host,
                self._port,
                self._user,
                self._password,
                key_filename=os.environ.get(_KEY),
                timeout=SECONDS,
                banner_timeout=SECONDS,
                auth_timeout=SECONDS,
                look_for_keys=self._password is None,
                allow_agent=self._password is None,
            )
            files = client.open_sftp()
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise self._refusal(error) from error
        channel = files.get_channel()
        if channel is not None:
            channel.settimeout(SECONDS)
        return files

    def _refusal(self, error: Exception) -> StorageError:
        """Why there is no connection, and what to do."""
        import paramiko

        place = f"sftp://{self._host}:{self._port}"
        known_hosts = os.environ.get(_KNOWN_HOSTS, "~/.ssh/known_hosts")
        if isinstance(error, paramiko.BadHostKeyException):
            return StorageError(
                f"{place}: the server has another key than {known_hosts} says",
                hint="ask its owner whether the key was changed: it may be another server",
            )
        if isinstance(error, paramiko.AuthenticationException):
            return StorageError(
                f"{place}: the server refuses the user {self._user or ''}: {error}",
                hint=f"check the user, and the password in the URL or the key in {_KEY}",
            )
        if "not found in known_hosts" in str(error):
            return StorageError(
                f"{place}: the server is not known",
                hint="check its key with its owner, and add it: "
                f"ssh-keyscan -p {self._port} {self._host} >> {known_hosts}",
            )
        hint = "check the host and the port, and that it is an SFTP server"
        return StorageError(f"{place}: {error or 'no answer'}", hint=hint)


_connections = threading.local()


def _entry(path: str, status: SFTPAttributes) -> Entry:
    size, modified = status.st_size or 0, float(status.st_mtime or 0)
    return Entry(path, size, f"{size}-{modified:.0f}", modified, modified)
