"""The groups of a `groups` block as they were read: figures by group, with a mark for each row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medallion.contracts import Grouping, Query, Sort, grouping
from medallion.query.metrics import metric_call
from medallion_panel.block_settings import Groups
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.marks import Mark, Marks, Term, mark_of

MOST_GROUPS = 100_000  # in a file

_RIGHT = ("integer", "number", "decimal", "currency", "percent")  # formats aligned to the right


def metric_names(metrics: Iterable[str], columns: Iterable[str]) -> dict[str, str]:
    """Metrics by a name that is a plain word, and none of the columns: `sum_revenue`."""
    named: dict[str, str] = {}
    taken = set(columns)
    for text in metrics:
        word = re.sub(r"\W+", "_", text).strip("_")
        numbered = (f"{word}_{number}" for number in range(2, len(taken) + 3))
        name = next(name for name in (word, *numbered) if name not in taken)
        named[name] = text
        taken.add(name)
    return named


def groups_query(
    block: Groups, context: BlockContext, sort: str = "", limit: int = 0
) -> tuple[dict[str, str], Query]:
    """The metrics by name, and the query, of a block.

    Parameters: `sort` is a column of the result, with `-` descending; without it, that of the
    block. Without a `limit` there is one group more than the block shows.
    """
    columns = [context.column(block.table, term) for term in block.by]
    metrics = metric_names(block.metrics, columns)
    text = sort or default_sort(block, context, metrics)
    order = (Sort(text.removeprefix("-"), text.startswith("-")),) if text else ()
    filters = context.filters(block.table)
    return metrics, Query(filters, order, limit=limit or block.limit + 1)


def default_sort(block: Groups, context: BlockContext, metrics: Mapping[str, str]) -> str:
    """The sort of a block by the columns of the result."""
    text = block.sort.removeprefix("-")
    names = {expression: name for name, expression in metrics.items()}
    name = names.get(text) or (context.column(block.table, text) if text else "")
    return f"{'-' * block.sort.startswith('-')}{name}"


@dataclass(frozen=True)
class GroupsPage:
    """The `rows` of a block, with the `query` that they answer; `more` says that there are others.

    `metrics` are by name of their column in the rows.
    """

    block: Groups
    context: BlockContext
    metrics: Mapping[str, str]
    query: Query
    rows: Sequence[Mapping[str, Any]]
    more: bool

    @classmethod
    def read(cls, block: Groups, context: BlockContext, sort: str = "") -> GroupsPage:
        """Read the first groups of a block. Raises CallError for a query that is not valid."""
        metrics, query = groups_query(block, context, sort)
        rows = context.store.group(block.table, block.by, metrics, query)
        more = len(rows) > block.limit
        return cls(block, context, metrics, query, rows[: block.limit], more)

    @property
    def groups(self) -> GroupsPage:
        """The groups that code computes: these."""
        return self

    @property
    def footer(self) -> list[str]:
        """The texts of a last line: there is none."""
        return []

    @property
    def extent(self) -> str:
        """How many groups there are, in words."""
        say, count = self.context.formats.say, len(self.rows)
        if self.more:
            return say("The first {count} groups; the files have all of them", count=count)
        return say("{count} group | {count} groups", count=count)

    @property
    def names(self) -> list[str]:
        """The columns of the rows."""
        return [*self._terms, *self.metrics]

    @property
    def grouping(self) -> Grouping:
        """The query, validated."""
        served = self.context.served(self.block.table)
        return grouping(served, self.block.by, self.metrics, self.query)

    def all_rows(self) -> list[dict[str, Any]]:
        """All groups, up to MOST_GROUPS."""
        block, sort = self.block, self.query.sort
        query = Query(self.query.filters, sort, limit=MOST_GROUPS)
        return self.context.store.group(block.table, block.by, self.metrics, query)

    def cells(self) -> tuple[list[dict[str, Any]], list[list[str]]]:
        """The columns and rows of a TextGrid."""
        formats = self.context.formats
        forms = {name: self._format(name) for name in self.names}
        headers = [
            {
                "name": name,
                "title": self._title(name),
                "right": name in self.metrics and forms[name] in _RIGHT,
                "sortable": True,
            }
            for name in self.names
        ]
        writers = {
            name: formats.writer(forms[name]) if name in self.metrics else self.writer(name)
            for name in self.names
        }
        return headers, [[writers[name](row[name]) for name in self.names] for row in self.rows]

    @property
    def marks(self) -> Marks:
        """A mark for each row."""
        return Marks(len(self.rows), lambda number: self._mark(self.rows[number]))

    def terms_at(self, number: int, cell: int) -> tuple[Term, ...]:
        """What a click on a cell filters by: its value, or on a figure those of the row."""
        row = self.rows[number]
        terms = [(term, [row[name]]) for name, term in self._terms.items()]
        return tuple(terms[cell : cell + 1] if 0 <= cell < len(terms) else terms)

    def writer(self, name: str) -> Callable[[Any], str]:
        """A function that writes the value of a term: a number as such, a period in words."""
        term, table = self._terms[name], self.block.table
        kind = self.context.kinds(table)[name]
        numeric = kind.name in ("integer", "decimal", "float") and "(" not in term
        writer = self.context.writer(table, name) if numeric else self.context.series
        return lambda value: self.context.series(value) if value is None else writer(value)

    @property
    def _terms(self) -> dict[str, str]:
        """The terms by their column."""
        table = self.block.table
        return {self.context.column(table, term): term for term in self.block.by}

    def _mark(self, row: Mapping[str, Any]) -> Mark:
        terms = self._terms
        label = " · ".join(self.writer(name)(row[name]) for name in terms)
        figure = next(iter(self.metrics))
        write = self.context.formats.writer(self._format(figure))
        kinds = self.context.kinds(self.block.table)
        pairs = [(term, [row[name]]) for name, term in terms.items()]
        return mark_of(kinds, label, pairs, write(row[figure]))

    def _format(self, name: str) -> Any:
        return self.context.format(
            self.block.table, self.metrics.get(name, name), self.block.format
        )

    def _title(self, name: str) -> str:
        """The label of a column, with its function where two have the same."""
        label = self.context.formats.label
        if name not in self.metrics:
            return label(name)
        title = label(self.metrics[name])
        same = [text for text in self.metrics.values() if label(text) == title]
        if len(same) < 2:
            return title
        return f"{title} ({metric_call(self.metrics[name]).function})"
