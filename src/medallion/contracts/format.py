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
    """What parsing one source file gave: its columns as in the file, records, and unsplittable ones.

    `rejects` holds (record number, reason, raw text) of each record that could not be split into fields, in their
    order: the others' numbers follow from it. `warnings` are told with the file's name before each.
    """

    columns: tuple[Column, ...]
    rows: int
    rejects: tuple[tuple[int, str, str], ...] = ()
    warnings: tuple[str, ...] = ()


class Format(Plugin, ABC):
    """How to read one kind of source file. `suffixes` are the endings that choose it by themselves."""

    suffixes: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        """Write the records of `source` to the Parquet file `target`, in order, values as they stand, no column added.

        Records that cannot be split go into `Parsed.rejects` instead, with their numbers: the number of a written
        record is its position + 1 + the rejects before it, and nothing else says so.
        `name` is what to call the file in messages. Raises SourceError on a file that cannot be read at all,
        saying what to declare instead.
        """
