"""The contract of expectations: rules that rows or a whole table keep."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Literal

from medallion.contracts.plugin import Plugin
from medallion.records import Tally
from medallion.sql.relations import Inputs

if TYPE_CHECKING:
    from medallion.sql.relations import Relation

OnFail = Literal["warn", "drop", "quarantine", "fail"]


class Expectation(Plugin, ABC):
    """A rule on a table. `on_fail` says what a failure does: note it, take the rows out, or stop the run."""

    on_fail: OnFail = "fail"

    @property
    def rule(self) -> str:
        """How reports name it."""
        return self.name


class RowExpectation(Expectation, ABC):
    """A rule that single rows break."""

    @abstractmethod
    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        """The rows that break it: `_row` (at most once each), `column` (VARCHAR), `value` (VARCHAR)."""


class TableExpectation(Expectation, ABC):
    """A rule on the figures of a whole table; `on_fail` is "warn" or "fail"."""

    @abstractmethod
    def verdict(self, tally: Tally) -> str | None:
        """None when it holds, else one sentence with both the figure and the bound.

        `tally` spans the whole step: its `rows_out` are the rows that would be published.
        """
