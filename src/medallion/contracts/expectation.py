"""The contract of expectations: rules on rows or on a whole table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Literal

from medallion.contracts.plugin import Plugin
from medallion.contracts.transform import Scope
from medallion.records import Tally
from medallion.sql.relations import Inputs

if TYPE_CHECKING:
    from medallion.sql.relations import Relation

OnFail = Literal["warn", "drop", "quarantine", "fail"]


class Expectation(Plugin, ABC):
    """A rule on a table.

    `on_fail` decides what a failure does: log a warning, remove the rows, or fail the run.
    """

    on_fail: OnFail = "fail"

    @property
    def rule(self) -> str:
        """Its name in reports."""
        return self.name


class RowExpectation(Expectation, ABC):
    """A rule on single rows.

    `scope` is "rows" when each row is judged alone, and "key" when all rows with equal values in
    the columns `key()` are judged together: then rows that a change cannot concern are not judged
    again. By default, a rule is given all rows of the table.
    """

    scope: ClassVar[Scope] = "table"

    def key(self) -> tuple[str, ...]:
        """The columns whose equal values must be judged together when `scope` is "key"."""
        return ()

    @abstractmethod
    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        """The rows that violate it: `_row` (at most once each), `column` and `value` (VARCHAR)."""


class TableExpectation(Expectation, ABC):
    """A rule on the figures of a whole table; `on_fail` is "warn" or "fail"."""

    @abstractmethod
    def verdict(self, tally: Tally) -> str | None:
        """None when the rule is met, else one sentence with the figure and the bound.

        `tally` covers the whole step: its `rows_out` is the number of rows that would be published.
        """

    @property
    def judges_files(self) -> bool:
        """Whether `file_verdict` is asked for each source file; `verdict` then returns None."""
        return False

    def file_verdict(self, tally: Tally) -> str | None:
        """The verdict on one source file.

        `tally` has the name of the file as its `label`, and counts its records and those that were
        quarantined.
        """
        return self.verdict(tally)

    @property
    def counts_files(self) -> bool:
        """Whether `files_verdict` is asked for the table; `verdict` then returns None."""
        return False

    def files_verdict(self, tally: Tally) -> str | None:
        """The verdict on all source files together.

        `tally` counts the source files of the table, and as quarantined those that could not be
        read at all.
        """
        return None


@dataclass(frozen=True)
class TableFigures:
    """Figures of one version of a table: its rows, and the sums of some of its columns.

    A sum is None when the table has no such column.
    """

    rows: int
    sums: Mapping[str, Decimal | float | None]


class ReleaseExpectation(TableExpectation, ABC):
    """A rule on what changed since the last release, judged before the next one is published.

    It is not part of the table's fingerprint: its rows are the same whatever the rule is.
    """

    def verdict(self, tally: Tally) -> str | None:
        return None

    @abstractmethod
    def summed_columns(self) -> Sequence[str]:
        """The numeric columns whose sums it compares."""

    @abstractmethod
    def change_verdict(self, former: TableFigures, latter: TableFigures) -> str | None:
        """None when the rule is met, else one sentence with the figures and the bound."""
