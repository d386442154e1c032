"""What every block reads with: the figures, the page's filters, and how values are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from medallion.contracts import Filter
from medallion.kinds import Kind
from medallion_panel.figures import Figures
from medallion_panel.formats import Formats
from medallion_panel.section import FormatName


class NoRowsError(Exception):
    """No row meets the filters."""


@dataclass(frozen=True)
class Reading:
    """One look at the store: `chosen` are the filters of the page, each holding for every table with its column."""

    figures: Figures
    formats: Formats
    chosen: Sequence[Filter] = field(default_factory=tuple)

    def filters(self, table: str) -> tuple[Filter, ...]:
        """The page's filters that a table can be asked."""
        columns = self.figures.kinds(table)
        return tuple(condition for condition in self.chosen if condition.field in columns)

    def ignored(self, table: str) -> list[str]:
        """The columns of the page's filters that a table does not have, in words."""
        columns = self.figures.kinds(table)
        names = dict.fromkeys(condition.field for condition in self.chosen if condition.field not in columns)
        return [self.formats.label(name) for name in names]

    def kind(self, table: str, text: str) -> Kind | None:
        """What a column, or the column of a metric, holds."""
        column = text.partition("(")[2].rpartition(")")[0].strip() or text
        return self.figures.kinds(table).get(column)

    def format(self, table: str, text: str, given: FormatName | None = None) -> FormatName:
        return self.formats.name_for(text, self.kind(table, text), given)

    def writer(
        self, table: str, text: str, given: FormatName | None = None, *, short: bool = False
    ) -> Callable[[Any], str]:
        """What writes the values of a column or metric."""
        return self.formats.writer(self.format(table, text, given), short=short)
