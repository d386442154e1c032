"""Files on FTP servers: `ftp://USER@HOST/PATH`, and `ftps://` with TLS."""

from __future__ import annotations

import ftplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from medallion.errors import MissingError, StorageError
from medallion.storage import Entry
from medallion.storage.server_source import SECONDS, ServerSource

_FACTS = "OPTS MLST type;size;modify;"  # what to say of each file


class _Connection(ftplib.FTP):
    """A connection that is closed when the thread that uses it ends."""

    def __del__(self) -> None:
        self.close()


class _TlsConnection(_Connection, ftplib.FTP_TLS):
    """The same with TLS."""


class FtpStorage(ServerSource[ftplib.FTP]):
    """Files below a folder of an FTP server, which must list them by `MLSD` and `MLST` (RFC 3659).

    Parameters: `url` has the user and the password; without a user, it is anonymous. Certificates
    of `ftps://` are checked by those of the system, or of the file that `SSL_CERT_FILE` names.
    """

    port = ftplib.FTP_PORT

    def download(self, connection: ftplib.FTP, path: str, file: Path) -> None:
        with file.open("wb") as out:
            connection.retrbinary(f"RETR {self.path(path)}", out.write)

    def look(self, connection: ftplib.FTP, path: str) -> Entry | None:
        answer = connection.sendcmd(f"MLST {self.path(path)}")
        facts = answer.splitlines()[1].strip().partition(" ")[0]
        pairs = [fact.partition("=") for fact in facts.split(";") if fact]
        return _entry(path, {name.lower(): value for name, _, value in pairs})

    def walk(self, connection: ftplib.FTP, folder: str) -> Iterator[Entry]:
        for name, facts in list(self._facts(connection, folder)):
            path = f"{folder}/{name}" if folder else name
            if facts.get("type") == "dir":
                yield from self.walk(connection, path)
            elif entry := _entry(path, facts):
                yield entry

    def _facts(self, server: ftplib.FTP, folder: str) -> Iterator[tuple[str, dict[str, str]]]:
        """What the server says of each file and folder that is directly in a folder."""
        for name, facts in server.mlsd(self.path(folder)):
            known = {fact.lower(): value for fact, value in facts.items()}
            if known.get("type", "").lower() not in ("cdir", "pdir"):
                yield name, known

    def faults(self) -> tuple[type[Exception], ...]:
        return ftplib.Error, OSError, EOFError, UnicodeError

    def refusal(self, place: str, error: Exception) -> StorageError | None:
        if isinstance(error, UnicodeError):
            return StorageError(
                f"{place}: the server's file names are not in UTF-8", hint="rename the files"
            )
        if not isinstance(error, ftplib.error_perm):
            return None
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

    def close(self, connection: ftplib.FTP) -> None:
        with suppress(OSError):
            connection.close()

    def connect(self) -> ftplib.FTP:
        server = (
            _TlsConnection(context=ssl.create_default_context(), timeout=SECONDS)
            if self.scheme == "ftps"
            else _Connection(timeout=SECONDS)
        )
        try:
            server.connect(*self.server)
            server.login(self.user or "", self.password or "")
            if isinstance(server, ftplib.FTP_TLS):
                server.prot_p()
            with suppress(ftplib.error_perm):  # the facts are said unasked, or MLSD is not known
                server.sendcmd(_FACTS)
        except ftplib.error_perm as error:
            server.close()
            raise StorageError(
                f"{self.place}: the server refuses the user {self.user or 'anonymous'}: {error}",
                hint="check the user and the password in the URL",
            ) from error
        except (ftplib.Error, OSError, EOFError) as error:
            server.close()
            hint = "check the host and the port, and that it is an FTP server"
            raise StorageError(f"{self.place}: {error or 'no answer'}", hint=hint) from error
        return server


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
