"""Database files: which one a URL names, and whether it is as it was."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import ClassVar, Self

from medallion.errors import SourceError
from medallion.sources.sql.database import SqlConnection, SqlDatabase

# Seconds: a file that was written this shortly before may change again within one clock tick.
SETTLED = 2.0


class DatabaseFile(SqlDatabase):
    """A database in one file, `SCHEME:PATH`. `companions` are the endings of its other files."""

    companions: ClassVar[tuple[str, ...]] = ()

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self.url.partition(":")[2])

    @property
    def label(self) -> str:
        return f"{self.schemes[0]}:{self.path}"

    def located(self, base: Path) -> Self:
        return type(self)(f"{self.schemes[0]}:{base / self.path}")

    @contextmanager
    def connect(self) -> Iterator[SqlConnection]:
        if not self.path.is_file():
            raise SourceError(f"{self.label}: there is no such file", hint="correct the `url`")
        with self.opened() as connection:
            yield connection

    @abstractmethod
    def opened(self) -> AbstractContextManager[SqlConnection]:
        """Open the file, which exists."""

    def version(self) -> str:
        """Sizes and times of the files; empty if they were written just now."""
        states = []
        for ending in ("", *self.companions):
            file = self.path.with_name(f"{self.path.name}{ending}")
            if file.exists():
                status = file.stat()
                if time.time() - max(status.st_mtime, status.st_ctime) < SETTLED:
                    return ""
                states.append(f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}")
        return " ".join(states)
