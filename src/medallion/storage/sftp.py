"""Files on SFTP servers: `sftp://USER@HOST/PATH`, with the absolute path on the server."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import TYPE_CHECKING, Any

from medallion.errors import MissingError, StorageError
from medallion.secrets import masked_logger
from medallion.storage import Entry, require_packages
from medallion.storage.server_source import SECONDS, ServerSource

if TYPE_CHECKING:
    from paramiko import SFTPAttributes, SFTPClient

_KNOWN_HOSTS = "MEDALLION_SFTP_KNOWN_HOSTS"
_KEY = "MEDALLION_SFTP_KEY"

# It logs each lost connection with a traceback; the errors here say what is wrong.
masked_logger("paramiko").setLevel("CRITICAL")


class SftpStorage(ServerSource["SFTPClient"]):
    """Files below a folder of an SFTP server. Links are followed to files, not to folders.

    Parameters: `url` has the user, and perhaps the password. Otherwise the user's keys are used:
    those of the agent, the file that `MEDALLION_SFTP_KEY` names, and those in `~/.ssh`. The server
    must be in `~/.ssh/known_hosts`, or in the file that `MEDALLION_SFTP_KNOWN_HOSTS` names. Raises
    PluginError when the extra `sftp` is not installed.
    """

    port = 22

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        require_packages(url, "sftp", "paramiko")
        super().__init__(url, options)

    def download(self, connection: SFTPClient, path: str, file: Path) -> None:
        connection.get(self.path(path), str(file))

    def look(self, connection: SFTPClient, path: str) -> Entry | None:
        status = connection.stat(self.path(path))
        return _entry(path, status) if S_ISREG(status.st_mode or 0) else None

    def walk(self, connection: SFTPClient, folder: str) -> Iterator[Entry]:
        for status in connection.listdir_attr(self.path(folder)):
            path = f"{folder}/{status.filename}" if folder else status.filename
            mode = status.st_mode or 0
            if S_ISDIR(mode):
                yield from self.walk(connection, path)
                continue
            if S_ISLNK(mode):
                try:
                    status = connection.stat(self.path(path))
                except FileNotFoundError:  # a link to nothing
                    continue
            if S_ISREG(status.st_mode or 0):
                yield _entry(path, status)

    def faults(self) -> tuple[type[Exception], ...]:
        from paramiko import SSHException

        return SSHException, OSError, EOFError

    def refusal(self, place: str, error: Exception) -> StorageError | None:
        if isinstance(error, FileNotFoundError):
            return MissingError(f"{place}: no such file or folder")
        if isinstance(error, PermissionError):
            hint = "give the user the right to read it"
            return StorageError(f"{place}: permission denied", hint=hint)
        return None

    def close(self, connection: SFTPClient) -> None:
        connection.close()

    def connect(self) -> SFTPClient:
        import paramiko

        client = paramiko.SSHClient()  # it refuses servers that are not known
        try:
            client.load_system_host_keys(os.environ.get(_KNOWN_HOSTS))
            client.connect(
                *self.server,
                self.user,
                self.password,
                key_filename=os.environ.get(_KEY),
                timeout=SECONDS,
                banner_timeout=SECONDS,
                auth_timeout=SECONDS,
                look_for_keys=self.password is None,
                allow_agent=self.password is None,
            )
            files = client.open_sftp()
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise self._no_connection(error) from error
        channel = files.get_channel()
        if channel is not None:
            channel.settimeout(SECONDS)
        return files

    def _no_connection(self, error: Exception) -> StorageError:
        """Why there is no connection, and what to do."""
        import paramiko

        host, port = self.server
        known_hosts = os.environ.get(_KNOWN_HOSTS, "~/.ssh/known_hosts")
        if isinstance(error, paramiko.BadHostKeyException):
            return StorageError(
                f"{self.place}: the server has another key than {known_hosts} says",
                hint="ask its owner whether the key was changed: it may be another server",
            )
        if isinstance(error, paramiko.AuthenticationException):
            return StorageError(
                f"{self.place}: the server refuses the user {self.user or ''}: {error}",
                hint=f"check the user, and the password in the URL or the key in {_KEY}",
            )
        if "not found in known_hosts" in str(error):
            return StorageError(
                f"{self.place}: the server is not known",
                hint="check its key with its owner, and add it: "
                f"ssh-keyscan -p {port} {host} >> {known_hosts}",
            )
        hint = "check the host and the port, and that it is an SFTP server"
        return StorageError(f"{self.place}: {error or 'no answer'}", hint=hint)


def _entry(path: str, status: SFTPAttributes) -> Entry:
    size, modified = status.st_size or 0, float(status.st_mtime or 0)
    return Entry(path, size, f"{size}-{modified:.0f}", modified, modified)
