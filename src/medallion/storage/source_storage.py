"""Storage that sources are read from, and that no lake can be kept in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, NoReturn
from urllib.parse import SplitResult, urlsplit

from medallion.errors import MissingError, StorageError
from medallion.secrets import PERCENT_ENCODE, SECRETS, mask, unclear_credentials
from medallion.storage import Entry, Storage
from medallion.storage.download_cache import copies


def url_parts(url: str) -> SplitResult:
    """The parts of a URL, whose password becomes a secret. Raises StorageError if it is unclear."""
    SECRETS.add_url(url)
    if unclear_credentials(url):
        raise StorageError(
            f"{mask(url)}: the URL's user or password has unescaped URL characters",
            hint=PERCENT_ENCODE,
        )
    try:
        parts = urlsplit(url)
        if not parts.hostname or parts.port == 0:
            raise ValueError("it has no host")
    except ValueError as error:
        raise StorageError(
            f"{mask(url)}: {error}", hint="write SCHEME://USER@HOST:PORT/PATH"
        ) from error
    return parts


class SourceStorage(Storage):
    """Files to read: every method that writes raises StorageError.

    A lake needs conditional writes, which archives and web servers do not have.
    """

    keeps_lakes = False

    def read(self, path: str) -> tuple[bytes, str]:
        entry = self.known(path)
        with self.open(path) as file:
            return file.read(), entry.token

    def open(self, path: str) -> BinaryIO:
        return self.local(path).open("rb")

    def known(self, path: str) -> Entry:
        """What is known of a file. Raises MissingError when there is none."""
        entry = self.info(path)
        if entry is None:
            raise MissingError(f"{self.url}/{path}: no such file")
        return entry

    def copied(self, path: str, write: Callable[[Path], object]) -> Path:
        """The local copy of a file, which `write` downloads. Raises StorageError if it changed."""
        entry = self.known(path)

        def download(part: Path) -> None:
            write(part)
            if part.stat().st_size != entry.bytes or self.known(path).token != entry.token:
                raise StorageError(f"{self.url}/{path} changed while it was read", hint="run again")

        return copies().get(f"{self.url}/{path}", entry.token, download)

    def put(self, path: str, data: bytes) -> None:
        self._refuse()

    def put_file(self, path: str, file: Path) -> None:
        self._refuse()

    def sync(self, paths: Iterable[str]) -> None:
        self._refuse()

    def create(self, path: str, data: bytes) -> str:
        self._refuse()

    def swap(self, path: str, data: bytes, expected: str) -> str:
        self._refuse()

    def delete(self, path: str, until: float | None = None) -> bool:
        self._refuse()

    def sweep(self, folders: Iterable[str], until: float | None = None) -> int:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise StorageError(
            f"{self.url} is only read from", hint="keep lakes in a folder or a bucket"
        )
