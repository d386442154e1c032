"""Which tables a run brings up to date, and whose sources it reads again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from medallion.errors import CallError


@dataclass(frozen=True)
class Refresh:
    """A table whose source is read again in full or, with a bound, in a range of its cursor.

    `begin` and `end` are values as a user writes them; an empty text is no bound.
    """

    table: str
    begin: str = ""
    end: str = ""

    @classmethod
    def of(cls, text: str) -> Self:
        """From `TABLE` or `TABLE:FROM..TO`. Raises CallError."""
        table, is_range, values = text.partition(":")
        begin, is_complete, end = (each.strip() for each in values.partition(".."))
        if is_range and not (is_complete and (begin or end)):
            raise CallError(
                f"{text!r} names no range of {table}",
                hint=f"write {table}:FROM..TO, of which one bound may be left out",
            )
        return cls(table, begin, end)

    @property
    def is_range(self) -> bool:
        """Whether only a range is read again."""
        return bool(self.begin or self.end)


@dataclass(frozen=True)
class Selection:
    """Which tables to bring up to date, by default all. `full` recomputes unchanged ones, too.

    `refresh` are tables whose sources are read again in full, whatever was read before, or in a
    range of the cursor: `bronze.orders` or `bronze.orders:2024-03-01..2024-04-01`.
    """

    only: tuple[str, ...] = ()
    from_: str | None = None
    to: str | None = None
    full: bool = False
    refresh: tuple[str, ...] = ()

    def refreshes(self, table: str) -> bool:
        """Whether the source of a table is read again in full."""
        return self.full or table in self.refresh

    def backfills(self, table: str) -> list[Refresh]:
        """The ranges of the cursor of a table's source that are read again."""
        refreshes = map(Refresh.of, self.refresh)
        return [each for each in refreshes if each.table == table and each.is_range]
