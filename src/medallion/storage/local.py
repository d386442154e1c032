"""Local storage: a folder with the guarantees of an object store."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from medallion.errors import ConflictError, ExistsError, MissingError, StorageError
from medallion.storage import Entry, Storage
from medallion.storage.durability import make_folder, sync_all

_PART_NAME = re.compile(r"\..+\.[0-9a-f]{32}\.part")
PART = ".part"  # the suffix of partial files, which no listing shows


class LocalStorage(Storage):
    """Objects are files below `root`: written under another name, then renamed."""

    root: Path

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = str(root)
        self._prefix = f"{root}{os.sep}"

    def read(self, path: str) -> tuple[bytes, str]:
        with self.open(path) as file, storage_errors(self.root / path):
            data = file.read()
        return data, _version(data)

    def open(self, path: str) -> BinaryIO:
        file = self._file(path)
        with storage_errors(file):
            try:
                return open(file, "rb")  # noqa: PTH123
            except NotADirectoryError as error:  # below an object, where nothing can be
                raise FileNotFoundError from error

    def local(self, path: str) -> Path:
        file = self._file(path)
        if not os.path.isfile(file):  # noqa: PTH113
            raise MissingError(f"{file}: no such file")
        return Path(file)

    def info(self, path: str) -> Entry | None:
        try:
            stat = os.stat(self._file(path))  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _entry(path, stat) if S_ISREG(stat.st_mode) else None

    def list(self, folder: str) -> list[Entry]:
        with storage_errors(self.root / folder):
            return sorted(_walk(self.root / folder, folder), key=lambda entry: entry.path)

    def put(self, path: str, data: bytes) -> None:
        with self._written(path, data) as part:
            part.replace(self.root / path)

    def put_file(self, path: str, file: Path) -> None:
        target = self._file(path)
        with storage_errors(target):
            try:
                try:
                    os.replace(file, target)  # noqa: PTH105
                except FileNotFoundError:
                    self._make_folder(Path(target).parent)
                    file.replace(target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                part = _part(Path(target))
                shutil.move(file, part)
                part.replace(target)

    def sync(self, paths: Iterable[str]) -> None:
        with storage_errors(self.root):
            sync_all(map(self._file, paths), self.root)

    def create(self, path: str, data: bytes) -> str:
        with self._written(path, data) as part:
            try:
                os.link(part, self.root / path)
            except FileExistsError as error:
                raise ExistsError(f"{self.root / path} is already there") from error
        return _version(data)

    def swap(self, path: str, data: bytes, expected: str) -> str:
        with self._written(path, data) as part, _locked(part.parent):
            _, version = self.read(path)
            if version != expected:
                raise ConflictError(f"{self.root / path} was changed by another writer")
            part.replace(self.root / path)
        return _version(data)

    def delete(self, path: str, until: float | None = None) -> bool:
        target = self.root / path
        if until is not None and (entry := self.info(path)) and entry.modified > until:
            return False
        with storage_errors(target):
            target.unlink(missing_ok=True)
            for folder in target.parents:  # an object store has no empty folders
                if folder == self.root:
                    break
                try:
                    folder.rmdir()
                except OSError:
                    break
        return True

    def sweep(self, folders: Iterable[str], until: float | None = None) -> int:
        name = f".*{PART}"
        files = [
            *self.root.glob(name),
            *(file for folder in folders for file in (self.root / folder).rglob(name)),
        ]
        paths = [file.relative_to(self.root) for file in files if _PART_NAME.fullmatch(file.name)]
        entries = [entry for entry in map(self.info, map(str, paths)) if entry]
        parts = [entry for entry in entries if until is None or entry.modified <= until]
        for part in parts:
            (self.root / part.path).unlink(missing_ok=True)
        return len(parts)

    def _file(self, path: str) -> str:
        """The path of an object's file, as text: with many files, `Path` takes most of the time."""
        return f"{self._prefix}{path}"

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        if not self.root.exists():
            make_folder(self.root)
        folder.mkdir(parents=True, exist_ok=True)  # named durably by `sync`

    @contextmanager
    def _written(self, path: str, data: bytes) -> Iterator[Path]:
        """A synced file with these bytes, to be renamed; it is removed if it is not."""
        part = _part(self.root / path)
        with storage_errors(self.root / path):
            self._make_folder(part.parent)
            try:
                with part.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                yield part
            finally:
                part.unlink(missing_ok=True)


def _part(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.urandom(16).hex()}{PART}")


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _entry(path: str, stat: os.stat_result) -> Entry:
    # Users can set mtime back, and not ctime: an edit of the same size is always seen.
    token = f"{stat.st_size}-{stat.st_mtime_ns}-{stat.st_ctime_ns}-{stat.st_ino}"
    return Entry(path, stat.st_size, token, max(stat.st_mtime, stat.st_ctime), stat.st_mtime)


def _walk(folder: Path, path: str) -> Iterator[Entry]:
    try:
        items = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for item in items:
        name = f"{path}/{item.name}" if path else item.name
        if item.is_dir():
            yield from _walk(Path(item.path), name)
        elif not (item.name.startswith(".") and item.name.endswith(PART)):
            try:
                stat = item.stat()
            except FileNotFoundError:
                continue
            if S_ISREG(stat.st_mode):  # reading a FIFO or a device would block
                yield _entry(name, stat)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold an exclusive lock on a folder, so that of two writers one compares and swaps first."""
    try:
        import fcntl  # POSIX only; reading needs no lock
    except ImportError as error:
        raise StorageError(
            f"{folder}: writing to a local lake needs file locks, which this system does not have",
            hint="run the pipeline on Linux or macOS; its lake can be read here",
        ) from error
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def storage_errors(path: str | Path) -> Iterator[None]:
    """Turn the system's errors with a local file into StorageError, with what to do."""
    try:
        yield
    except FileNotFoundError as error:
        raise MissingError(f"{path}: no such file") from error
    except PermissionError as error:
        raise StorageError(
            f"{path}: permission denied", hint="check who owns the folder and its rights"
        ) from error
    except OSError as error:
        hints = {
            errno.ENOSPC: "free some space and run again; nothing was published",
            errno.EROFS: "choose another lake",
        }
        hint = hints.get(error.errno or 0, "")
        raise StorageError(
            f"{path}: {os.strerror(error.errno or errno.EIO).lower()}", hint=hint
        ) from error
