"""The contract of formats: how one kind of source file is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from medallion.contracts.plugin import Plugin
from medallion.records import Column

if TYPE_CHECKING:
    from medallion.sql.relations import Connection


@dataclass(frozen=True)
class Parsed:
    """The result of parsing one source file: its columns, in the file's order, and its records.

    `rejects` lists (record number, reason, raw text) of each record that could not be split into
    fields, in order; the numbers of all other records follow from it. `warnings` are reported with
    the file's name before each. `unreadable` says that the file could not be read at all: it is one
    of the `rejects`.
    """

    columns: tuple[Column, ...]
    rows: int
    rejects: tuple[tuple[int, str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    unreadable: bool = False


@dataclass(frozen=True)
class LocalFile:
    """A source file as a local file; `name` is its name in messages."""

    path: Path
    name: str


@dataclass(frozen=True)
class ParsedTogether:
    """The result of parsing several source files into one Parquet file, `target`.

    `files` maps the number of each file to its result, which has no rejects. The Parquet file has
    the column `_origin`: bits from 34 up are the place of a record's file in `files`, counted from
    0, and the lower ones the position of the record in its file.
    """

    target: Path
    files: Mapping[int, Parsed]


class Format(Plugin, ABC):
    """A kind of source file. `suffixes` are the file name endings for which it is the default.

    `companions` are added to the name of a file to name those with changes that are not yet in it:
    while there is one, the file is refused.
    """

    suffixes: ClassVar[tuple[str, ...]] = ()
    companions: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        """Write the records of `source` to the Parquet file `target`, in order and unchanged.

        Records that cannot be split go into `Parsed.rejects` instead, with their numbers: the
        number of a written record is its position + 1 + the rejects before it, and is stored
        nowhere else. `name` is the file's name in messages. Raises SourceError on a file that
        cannot be read at all, with what to declare instead.
        """

    @property
    def added_columns(self) -> Mapping[str, str]:
        """The columns with facts about the file, which are not in it, as SQL by name.

        `{record}` is replaced with the number of the record. By default there are none.
        """
        return {}

    def columns_of(
        self, source: Path, name: str, scratch: Path, connection: Connection
    ) -> tuple[Column, ...] | None:
        """The columns that `parse` would find, where they are known without reading all records.

        `scratch` is a path for a temporary file. Raises SourceError on a file that cannot be read.
        None, the default, when the columns depend on all records.
        """
        return None

    def parse_together(
        self, files: Sequence[LocalFile], folder: Path, connection: Connection
    ) -> Iterable[ParsedTogether]:
        """Parse small files in few queries, where that is faster than one after the other.

        Files that are parsed together have the same columns, and each result is the one that
        `parse` would give. A file that is in no result is parsed alone, also one that cannot be
        read. `folder` exists. By default nothing is parsed together.
        """
        return ()
