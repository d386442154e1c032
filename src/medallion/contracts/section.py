"""The contract of sections: a package's own top-level key of the declaration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medallion.contracts.plugin import Plugin
from medallion.query.column_types import Kind


@dataclass(frozen=True)
class ColumnUse:
    """A place in the declaration that names a column of a served table.

    The column belongs to one of `tables`, usually the only one, by their names in the last layer.
    None stands for all columns of the table.
    """

    path: tuple[str | int, ...]
    tables: tuple[str, ...]
    column: str | None


class Section(Plugin):
    """A package's own top-level key of the declaration, such as `api` or `dashboard`."""

    def faults(self, declaration: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """(path below the section, message) of all that contradicts the rest of the Declaration."""
        yield from ()

    def file_faults(self, base: Path) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """(path below the section, message) of each file that it names and cannot use.

        Parameters: `base` is the folder that relative paths start from.
        """
        yield from ()

    def column_uses(self, declaration: Any) -> Iterator[ColumnUse]:
        """The columns of served tables that it names, each with its path below the section.

        `check` finds those that no table has.
        """
        yield from ()

    def type_faults(
        self, declaration: Any, kinds: Mapping[str, Mapping[str, Kind]]
    ) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """(path below the section, message) of what the types of columns do not allow.

        Parameters: `kinds` are those of the columns of served tables, by their names in the last
        layer, as far as they are known before a run.
        """
        yield from ()
