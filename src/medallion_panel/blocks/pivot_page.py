"""A pivot as it was read: a figure for every row and column, with totals computed by the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

from medallion.contracts import Query
from medallion.query.metrics import metric_call
from medallion_panel.block_settings import Groups
from medallion_panel.blocks.axes import in_order
from medallion_panel.blocks.block_context import BlockContext, NoRowsError, is_missing
from medallion_panel.blocks.groups_page import GroupsPage, groups_query
from medallion_panel.blocks.marks import Mark, Marks, Term, mark_of
from medallion_panel.blocks.periods import unfinished_note, unfinished_periods
from medallion_panel.table_settings import PivotBlock

PIVOT_SORTS = ("rows", "-rows", "value", "-value")

_MOST_PAIRS = 20_000
_NAN = nan  # one object for all, which is equal to itself as a key


@dataclass(frozen=True)
class PivotPage:
    """The figures of a `pivot` block by the values of its rows and columns, both in order.

    `groups` are the pairs, and the query that they answer. All figures of `totals` are by value and
    computed by the store over all rows that match, also those of values that are not shown.
    """

    block: PivotBlock
    context: BlockContext
    groups: GroupsPage
    figures: Mapping[tuple[Any, Any], Any]
    row_totals: Mapping[Any, Any]
    column_totals: Mapping[Any, Any]
    total: Any

    @classmethod
    def read(cls, block: PivotBlock, context: BlockContext, sort: str = "") -> PivotPage:
        """Read the figures, sorted as the block says or by a `sort`.

        Raises NoRowsError where there are too many pairs, and CallError for a query that is not
        valid.
        """
        pairs = _read(block, context, (block.rows, block.columns))
        if pairs.more:
            label = context.formats.label
            message = (
                "More than {most} pairs of {rows} and {columns}: select fewer with the filters."
            )
            rows_label, columns_label = map(label, pairs.names[:2])
            words = {"rows": rows_label, "columns": columns_label}
            raise NoRowsError(context.formats.say(message, most=_MOST_PAIRS, **words))
        x, y, value = pairs.names
        figures = {(_key(row[x]), _key(row[y])): row[value] for row in pairs.rows}
        rows, columns = (_totals(_read(block, context, (t,))) for t in (block.rows, block.columns))
        (all_rows,) = _read(block, context, ()).rows
        sort = sort or block.sort
        row_order = _sorted(in_order(_present(rows), block.order), rows, sort)
        return cls(
            block,
            context,
            pairs,
            figures,
            {key: rows[key] for key in row_order},
            {
                key: columns[key]
                for key in _sorted(in_order(_present(columns), block.order), columns)
            },
            next(iter(all_rows.values())),
        )

    @property
    def query(self) -> Query:
        """The query of the pairs."""
        return self.groups.query

    @property
    def rows(self) -> list[Any]:
        """The values of the rows that are shown."""
        return list(self.row_totals)[: self.block.limit]

    @property
    def columns(self) -> list[Any]:
        """The values of the columns that are shown."""
        return list(self.column_totals)[: self.block.column_limit]

    @property
    def extent(self) -> str:
        """How many rows and columns there are."""
        return f"{len(self.row_totals)} × {len(self.column_totals)}"

    @property
    def note(self) -> str:
        """What is left out, and which periods are not over yet."""
        say = self.context.formats.say
        left_out = {
            "{count} more row is left out, and counted in the last line. | "
            "{count} more rows are left out, and counted in the last line.": (
                len(self.row_totals) - len(self.rows)
            ),
            "{count} more column is left out, and counted in the last column. | "
            "{count} more columns are left out, and counted in the last column.": (
                len(self.column_totals) - len(self.columns)
            ),
        }
        notes = [say(message, count=count) for message, count in left_out.items() if count]
        shown = ((self.block.rows, self.rows), (self.block.columns, self.columns))
        return " ".join(filter(None, [*notes, *(self._unfinished(*each) for each in shown)]))

    @property
    def footer(self) -> list[str]:
        """The last line: the figures of the columns, and that of all rows."""
        figures = [*(self.column_totals[key] for key in self.columns), self.total]
        return [self._total_title, *map(self._write_figure, figures)] if self.rows else []

    @property
    def marks(self) -> Marks:
        """A mark for each row."""
        return Marks(len(self.rows), self._mark)

    def terms_at(self, number: int, cell: int) -> tuple[Term, ...]:
        """What a click on a cell filters by: its row, and its column where it has one."""
        terms = [(self.block.rows, [self.rows[number]])]
        if 1 <= cell <= len(self.columns):
            terms.append((self.block.columns, [self.columns[cell - 1]]))
        return tuple(terms)

    def cells(self) -> tuple[list[dict[str, Any]], list[list[str]]]:
        """The columns and rows of a TextGrid."""
        name, terms = self._writer(self.block.columns), self.groups.names[:2]
        title = " / ".join(map(self.context.formats.label, terms))
        headers = [
            {"name": "rows", "title": title, "right": False, "sortable": True},
            *(
                {"name": str(number), "title": name(key), "right": True, "sortable": False}
                for number, key in enumerate(self.columns)
            ),
            {"name": "value", "title": self._total_title, "right": True, "sortable": True},
        ]
        return headers, [self._line(key) for key in self.rows]

    @property
    def names(self) -> list[str]:
        """The columns of a file with all figures."""
        names = [self.context.column(self.block.table, self.block.rows)]
        texts = [self.context.no_value if is_missing(k) else str(k) for k in self.column_totals]
        for text in (*texts, self._total_title):
            numbered = (f"{text} ({number})" for number in range(2, len(names) + 3))
            names.append(next(name for name in (text, *numbered) if name not in names))
        return names

    def all_rows(self) -> list[dict[str, Any]]:
        """All figures by the columns of a file, with the totals."""
        keys = list(self.column_totals)
        lines = [
            [row, *(self.figures.get((row, key)) for key in keys), total]
            for row, total in self.row_totals.items()
        ]
        lines.append([self._total_title, *self.column_totals.values(), self.total])
        return [dict(zip(self.names, line, strict=True)) for line in lines]

    def _line(self, row: Any) -> list[str]:
        write, figures = self._write_figure, self.figures
        cells = (write(figures[row, key]) if (row, key) in figures else "" for key in self.columns)
        return [self._writer(self.block.rows)(row), *cells, write(self.row_totals[row])]

    def _mark(self, number: int) -> Mark:
        row, kinds = self.rows[number], self.context.kinds(self.block.table)
        label, figure = self._writer(self.block.rows)(row), self._write_figure(self.row_totals[row])
        return mark_of(kinds, label, self.terms_at(number, 0), figure)

    @property
    def _total_title(self) -> str:
        """The title of figures over all rows: those of means, for example, are no sums."""
        additive = metric_call(self.block.metric).additive
        return self.context.formats.say("Total" if additive else "All")

    def _write_figure(self, value: Any) -> str:
        return self.context.writer(self.block.table, self.block.value, self.block.format)(value)

    def _writer(self, term: str) -> Any:
        return self.groups.writer(self.context.column(self.block.table, term))

    def _unfinished(self, term: str, keys: Sequence[Any]) -> str:
        column, created = self.context.column(self.block.table, term), self._created
        present = [key for key in keys if not is_missing(key)]
        open_ones = zip(present, unfinished_periods(present, column, created), strict=True)
        names = [self._writer(term)(key) for key, is_open in open_ones if is_open]
        return unfinished_note(names, self.context.formats)

    @property
    def _created(self) -> Any:
        return self.context.store.last_release().created


def _read(block: PivotBlock, context: BlockContext, by: tuple[str, ...]) -> GroupsPage:
    """The figures by some terms."""
    groups = Groups(table=block.table, by=by, metrics=(block.metric,), format=block.format)
    metrics, query = groups_query(groups, context, limit=_MOST_PAIRS + 1)
    rows = context.store.group(block.table, by, metrics, query)
    more = len(rows) > _MOST_PAIRS
    return GroupsPage(groups, context, metrics, query, rows[:_MOST_PAIRS], more)


def _totals(page: GroupsPage) -> dict[Any, Any]:
    name, value = page.names
    return {_key(row[name]): row[value] for row in page.rows}


def _key(value: Any) -> Any:
    return _NAN if value is not None and is_missing(value) else value


def _present(keys: Iterable[Any]) -> list[Any]:
    return [key for key in keys if not is_missing(key)]


def _sorted(ordered: list[Any], totals: Mapping[Any, Any], sort: str = "rows") -> list[Any]:
    """All keys: those of the rows in order, or by their figures; without a value at the end."""
    others = [key for key in totals if is_missing(key)]
    descending = sort.startswith("-")
    if sort.removeprefix("-") == "rows":
        return [*(reversed(ordered) if descending else ordered), *others]
    keys = [*ordered, *others]
    known = [key for key in keys if not is_missing(totals[key])]
    known.sort(key=lambda key: totals[key], reverse=descending)
    return [*known, *(key for key in keys if is_missing(totals[key]))]
