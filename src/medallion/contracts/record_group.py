"""Groups of source files whose records are stored together, and the record that describes them.

A group of the path `PATH` has `PATH.json`, which describes its files, and Parquet files `PATH-0`,
`PATH-1` and so on: one for all files with the same columns, or one for a file that is alone. The
names of those that a worker of a cluster wrote end in its attempt.
"""

from __future__ import annotations

from dataclasses import dataclass

from medallion.contracts.format import Parsed
from medallion.storage.digests import Stored


@dataclass(frozen=True)
class GroupedFile:
    """One source file of a group: `number` is that of the Parquet file with its records.

    `place` is the file's own number in that Parquet file; None if it is alone in it. `unapplied`
    are the ids of corrections that do not fit its records.
    """

    parsed: Parsed
    number: int
    place: int | None = None
    unapplied: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoredRecords:
    """The size and the digest of one Parquet file of a group."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class RecordGroup:
    """What is stored for a group of source files, in their order."""

    files: tuple[GroupedFile, ...]
    stored: tuple[StoredRecords, ...]
    attempt: str = ""

    def objects(self, path: str) -> list[Stored]:
        """Its Parquet files, as they were written."""
        return [
            Stored(records_path(path, number, self.attempt), item.bytes, item.sha256)
            for number, item in enumerate(self.stored)
        ]


def records_path(group: str, number: int, attempt: str = "") -> str:
    """The path of a Parquet file of the group with this path; `attempt` has letters and digits."""
    return f"{group}-{number}.{attempt}.parquet" if attempt else f"{group}-{number}.parquet"


def description_path(records: str) -> str:
    """The path of the record that describes the group of a Parquet file."""
    return f"{records.rpartition('-')[0]}.json"


def place_in_group(records: str) -> int:
    """The number of a Parquet file in its group."""
    return int(records.rpartition("-")[2].partition(".")[0])
