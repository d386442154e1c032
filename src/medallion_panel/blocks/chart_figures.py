"""The figures of a chart as a table, for those who cannot see it, and as files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from medallion_panel.blocks.block_context import BlockContext, is_missing
from medallion_panel.blocks.table_files import csv_file, values_xlsx
from medallion_panel.messages.messages import Messages

MOST_LISTED = 1_000  # rows of a table on the screen; a file has all


@dataclass(frozen=True)
class FigureColumn:
    """A column of the figures of a chart: its title, its values, and how to `write` one."""

    title: str
    values: Sequence[Any]
    write: Callable[[Any], str]

    @property
    def has_numbers(self) -> bool:
        """Whether it has numbers, which are aligned to the right."""
        first = next((value for value in self.values if value is not None), None)
        return isinstance(first, int | float | Decimal) and not isinstance(first, bool)


# Reads the columns when a visitor asks for them.
ChartFigures: TypeAlias = Callable[[], Sequence[FigureColumn]]


def metric_column(
    context: BlockContext, table: str, metric: str, values: Sequence[Any], form: Any = None
) -> FigureColumn:
    """The column of a metric or a column of a table, written in full."""
    return FigureColumn(context.formats.label(metric), values, context.writer(table, metric, form))


def figures_table(columns: Sequence[FigureColumn], say: Messages) -> dict[str, Any]:
    """The first rows in words for the browser, and a note on those that are left out."""
    count = len(columns[0].values)
    rows = [
        [column.write(column.values[number]) for column in columns]
        for number in range(min(count, MOST_LISTED))
    ]
    note = ""
    if count > MOST_LISTED:
        message = "The first {most} of {count} rows; the files have all."
        note = say(message, most=MOST_LISTED, count=count)
    headers = [{"title": column.title, "right": column.has_numbers} for column in columns]
    return {"columns": headers, "rows": rows, "note": note}


def figures_file(columns: Sequence[FigureColumn], form: str) -> bytes:
    """All rows as a file, `csv` or `xlsx`, with figures that are not rounded."""
    names = _unique([column.title for column in columns])
    values = {
        name: [_plain(value) for value in column.values]
        for name, column in zip(names, columns, strict=True)
    }
    if form == "csv":
        rows = (dict(zip(names, row, strict=True)) for row in zip(*values.values(), strict=True))
        return csv_file([list(rows)], names).getvalue()
    return values_xlsx(values).getvalue()


def _unique(titles: Sequence[str]) -> list[str]:
    """The titles, with a number where one occurs again."""
    names: list[str] = []
    for title in titles:
        name, number = title, 2
        while name in names:
            name, number = f"{title} {number}", number + 1
        names.append(name)
    return names


def _plain(value: Any) -> Any:
    """A value as Python has it, without NaN."""
    value = value.item() if hasattr(value, "item") else value
    return None if is_missing(value) else value
