"""The contract of formats: how one kind of source file is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
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
    the file's name before each.
    """

    columns: tuple[Column, ...]
    rows: int
    rejects: tuple[tuple[int, str, str], ...] = ()
    warnings: tuple[str, ...] = ()


class Format(Plugin, ABC):
    """A kind of source file. `suffixes` are the file name endings for which it is the default."""

    suffixes: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        """Write the records of `source` to the Parquet file `target`, in order and unchanged.

        Records that cannot be split go into `Parsed.rejects` instead, with their numbers: the
        number of a written record is its position + 1 + the rejects before it, and is stored
        nowhere else. `name` is the file's name in messages. Raises SourceError on a file that
        cannot be read at all, with what to declare instead.
        """
