"""Files in Windows shares, also of Samba: `smb://USER:PASSWORD@HOST/SHARE/PATH`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from stat import S_ISREG
from typing import Any
from uuid import uuid4
from weakref import finalize

from medallion.errors import MissingError, StorageError
from medallion.secrets import masked_logger
from medallion.storage import Entry, require_packages
from medallion.storage.server_source import SECONDS, ServerSource

CHUNK = 1 << 20

_MISSING = ("STATUS_OBJECT_NAME_NOT_FOUND", "STATUS_OBJECT_PATH_NOT_FOUND", "STATUS_NOT_FOUND")
_NO_FOLDER = ("STATUS_NOT_A_DIRECTORY", "STATUS_OBJECT_NAME_INVALID")
_DENIED = ("STATUS_ACCESS_DENIED", "STATUS_PRIVILEGE_NOT_HELD")
_IN_USE = ("STATUS_SHARING_VIOLATION", "0xc0000054")  # or a part of it is locked
# The session, the share or the open file is gone; the last: the session is too old.
_LOST = (
    "STATUS_USER_SESSION_DELETED",
    "STATUS_NETWORK_NAME_DELETED",
    "STATUS_FILE_CLOSED",
    "0xc000035c",
)

# It logs each message of a connection; the errors here say what is wrong.
for _name in ("smbprotocol", "smbclient", "spnego"):
    masked_logger(_name).setLevel("CRITICAL")


class SmbConnection:
    """A connection of one thread, closed when the thread ends.

    `cache` is what `smbclient` keeps of it, by host and port. Its requests refer to the cache until
    they are collected as garbage, so the cache itself would live longer than the thread.
    """

    def __init__(self) -> None:
        self.cache: dict[str, Any] = {}
        self.close = finalize(self, _disconnect, self.cache, os.getpid())

    def opened(self, host: str, port: int) -> dict[str, Any]:
        """The cache, with a connection to the server, which is made if there is none any more.

        It is of a client of its own: Samba moves the connections of one client into one process,
        and loses requests meanwhile. Each answer has a time limit.
        """
        from smbprotocol.connection import Connection

        key = f"{host.lower()}:{port}"
        if key not in self.cache or not self.cache[key].transport.connected:
            connection = self.cache[key] = Connection(uuid4(), host, port)
            connection.receive = partial(_receive, connection.receive)
            connection.connect(timeout=SECONDS)
        return self.cache


class SmbStorage(ServerSource[SmbConnection]):
    """Files below a folder of a share. Messages are signed; SMB 1 is not spoken.

    The user may have a domain, `smb://DOMAIN;USER:PASSWORD@HOST/SHARE`; without a user, there must
    be a Kerberos ticket. Symbolic links are left out, unless the server follows them itself. Raises
    PluginError when the extra `smb` is not installed.
    """

    port = 445

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        require_packages(url, "smb", "smbclient")
        super().__init__(url, options)
        self.share = self.folder.strip("/").partition("/")[0]
        if not self.share:
            raise StorageError(f"{self.url}: no share is named", hint="write smb://HOST/SHARE/PATH")

    def download(self, connection: SmbConnection, path: str, file: Path) -> None:
        from smbclient import open_file

        source = open_file(self.path(path), "rb", share_access="rwd", **self._session(connection))
        with source, file.open("wb") as out:
            shutil.copyfileobj(source, out, CHUNK)

    def look(self, connection: SmbConnection, path: str) -> Entry | None:
        from smbclient import stat

        status = stat(self.path(path), **self._session(connection))
        if not S_ISREG(status.st_mode):
            return None
        return _entry(path, status.st_size, status.st_mtime_ns // 1000)

    def walk(self, connection: SmbConnection, folder: str) -> Iterator[Entry]:
        from smbclient import scandir

        with scandir(self.path(folder), **self._session(connection)) as files:
            for file in [*files]:
                path = f"{folder}/{file.name}" if folder else file.name
                if file.is_dir(follow_symlinks=False):
                    yield from self.walk(connection, path)
                elif file.is_file(follow_symlinks=False):
                    known = file.smb_info
                    moment = round(known.last_write_time.timestamp() * 1_000_000)
                    yield _entry(path, known.end_of_file, moment)

    def path(self, path: str) -> str:
        """The UNC path of a file or folder."""
        return rf"\\{self.server[0]}{super().path(path)}".replace("/", "\\")

    @property
    def key(self) -> str:
        return f"{super().key} {self.share}"

    def faults(self) -> tuple[type[Exception], ...]:
        from smbprotocol.exceptions import SMBException

        return SMBException, OSError, ValueError

    def refusal(self, place: str, error: Exception) -> StorageError | None:
        status = _status(error)
        if status in _MISSING or status in _NO_FOLDER:
            return MissingError(f"{place}: no such file or folder")
        if status in _DENIED:
            hint = "give the user the right to read it"
            return StorageError(f"{place}: permission denied", hint=hint)
        if status in _IN_USE:
            hint = "close it there, and run again"
            return StorageError(f"{place}: another program has the file open", hint=hint)
        if status and status not in _LOST:
            hint = "look into the log of the server"
            return StorageError(f"{place}: the server refuses to read it: {status}", hint=hint)
        return None

    def connect(self) -> SmbConnection:
        from smbclient import register_session, stat

        connection = SmbConnection()
        try:
            session = self._session(connection)
            register_session(self.server[0], **session)
            stat(rf"\\{self.server[0]}\{self.share}", **session)
        except self.faults() as error:
            connection.close()
            raise self._no_connection(error) from error
        return connection

    def close(self, connection: SmbConnection) -> None:
        connection.close()

    def _session(self, connection: SmbConnection) -> dict[str, Any]:
        """How `smbclient` reaches the server."""
        return {
            "username": self.user.replace(";", "\\") if self.user else None,
            "password": self.password,
            "port": self.server[1],
            "connection_cache": connection.opened(*self.server),
        }

    def _no_connection(self, error: Exception) -> StorageError:
        """Why there is no connection to the share, and what to do."""
        from smbprotocol.exceptions import SMBAuthenticationError

        status = _status(error)
        if status in _MISSING or status == "STATUS_BAD_NETWORK_NAME":
            return StorageError(
                f"{self.place}: there is no share {self.share!r}", hint="correct its name"
            )
        if status in _DENIED:
            return StorageError(
                f"{self.place}/{self.share}: permission denied",
                hint="give the user the right to read it",
            )
        if isinstance(error, SMBAuthenticationError) or status:
            return StorageError(
                f"{self.place}: the server refuses the user {self.user or ''}: {status or error}",
                hint="check the user, its domain and the password in the URL",
            )
        hint = "check the host and the port, and that it is an SMB server"
        return StorageError(f"{self.place}: {error or 'no answer'}", hint=hint)


def _receive(receive: Callable[..., Any], request: Any, **options: Any) -> Any:
    """The answer to a request, within the time limit that `smbclient` does not set."""
    return receive(request, **{**options, "timeout": SECONDS})


def _disconnect(cache: Mapping[str, Any], process: int) -> None:
    """Close connections without a farewell, for which a lost server would have to answer."""
    if process != os.getpid():  # a fork, which has the sockets of the process
        return
    for connection in cache.values():
        with suppress(OSError):
            connection.disconnect(close=False)


def _status(error: Exception) -> str:
    """The name of the status in a server's answer, such as STATUS_ACCESS_DENIED; "" without one."""
    from smbprotocol.header import NtStatus

    status = getattr(error, "ntstatus", getattr(error, "status", None))
    names = (name for name, value in vars(NtStatus).items() if value == status)
    return next(names, hex(status)) if isinstance(status, int) else ""


def _entry(path: str, size: int, moment: int) -> Entry:
    """A file by its size and the microsecond in which it was written."""
    return Entry(path, size, f"{size}-{moment}", moment / 1e6, moment / 1e6)
