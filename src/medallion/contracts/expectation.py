"""The contract of expectations: rules on rows or on a whole table."""

from __future__ import annotations

from abc import ABC, abstractmethod
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

    `scope` is "rows" when each row is judged alone; then partitions are judged by themselves. By
    default, a rule is given all rows of the table.
    """

    scope: ClassVar[Scope] = "table"

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
