"""One page of a table block as it was read, and keys in URLs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup

from medallion.contracts import Page, Query
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.compared_rows import NOT_COMPARED, ComparedRows
from medallion_panel.blocks.marks import Mark, Marks, mark_of
from medallion_panel.ui.mark_clicks import behind_button

_RIGHT = ("integer", "number", "decimal", "currency", "percent")  # formats aligned to the right
_MOST_NAMES = 3  # in the label of a row
_DETAIL_STYLE = Markup("""<style>:host { color: inherit }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 6px 24px; margin: 0;
     font-size: .9rem }
dt { opacity: .7 }
dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere }</style>""")


@dataclass(frozen=True)
class TablePage:
    """One page of rows of a `table` as read: number `number` of those of a `selection`, which is
    release, filters and sort.

    `total` is the number of rows of the selection, `key` the names of the table's key columns,
    `row` the row to show in full, and `compared` the rows that those of the page are compared with.
    `totals` are texts by column, and `sparklines` the cells of the rows by title of their column.
    """

    table: str
    context: BlockContext
    query: Query
    key: Sequence[str]
    page: Page
    total: int
    number: int
    selection: Any
    row: Mapping[str, Any] | None
    compared: ComparedRows = NOT_COMPARED
    totals: Mapping[str, str] = field(default_factory=dict)
    sparklines: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def cells(self) -> tuple[list[dict[str, Any]], list[list[Any]]]:
        """The columns and rows of a TextGrid."""
        names, formats = self.query.fields, self.context.formats
        forms = {name: self.context.format(self.table, name) for name in names}
        kinds = self.context.kinds(self.table)
        headers = [
            {
                "name": name,
                "title": formats.label(name),
                "right": forms[name] in _RIGHT,
                "sortable": kinds[name].ordered,
            }
            for name in names
        ]
        writers = {name: formats.writer(forms[name]) for name in names}
        rows: list[list[Any]] = [
            [writers[name](row[name]) for name in names] for row in self.page.rows
        ]
        for name in self.compared.columns:
            title = formats.say("{column}, compared", column=formats.label(name))
            headers.append({"name": "", "title": title, "right": True, "sortable": False})
            for cells, row in zip(rows, self.compared.rows, strict=True):
                cells.append(writers[name](row[name] if row is not None else None))
        for title, lines in self.sparklines.items():
            headers.append({"name": "", "title": title, "right": False, "sortable": False})
            for cells, line in zip(rows, lines, strict=True):
                cells.append(line)
        return headers, rows

    def footer(self) -> list[str]:
        """The texts of the row of totals; none where there are no totals."""
        texts = [self.totals.get(name, "") for name in self.query.fields]
        if not self.totals:
            return []
        if not texts[0]:
            texts[0] = self.context.formats.say("Total")
        others = len(self.compared.columns) + len(self.sparklines)
        return [*texts, *[""] * others]

    @property
    def marks(self) -> Marks:
        """A mark for each row of the page, then one for the row shown in full."""
        rows = [*self.page.rows, *([self.row] if self.row is not None else [])]
        return Marks(len(rows), lambda number: self._mark(rows[number]))

    def _mark(self, row: Mapping[str, Any]) -> Mark:
        """The mark of a row: by its key, or without one by all values that can be compared."""
        context, table = self.context, self.table
        kinds = context.kinds(table)
        has_key = self.key and all(name in row for name in self.key)
        names = self.key if has_key else [name for name in row if kinds[name].ordered]
        texts = (
            f"{context.formats.label(name)} {context.writer(table, name)(row[name])}"
            for name in names[:_MOST_NAMES]
        )
        key = tuple(row[name] for name in self.key) if has_key else ()
        terms = [(name, [row[name]]) for name in names]
        mark = mark_of(kinds, ", ".join(texts), terms, key=key)
        return replace(mark, values=self._values(row))

    def _values(self, row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """The labels of the columns, and the values of a row."""
        formats = self.context.formats
        return tuple(
            (formats.label(name), formats.writer(self.context.format(self.table, name))(value))
            for name, value in row.items()
        )

    def detail(self, key: str, number: int | None = None) -> Markup:
        """The row to show in full, with this key, as HTML; `number` is that of the card."""
        if self.row is None:
            message = self.context.formats.say("There is no row {key} in this release.", key=key)
            return _DETAIL_STYLE + Markup("<p>{}</p>").format(message)
        fields = (
            Markup("<dt>{}</dt><dd>{}</dd>").format(label, text)
            for label, text in self._values(self.row)
        )
        html = _DETAIL_STYLE + Markup("<dl>{}</dl>").format(Markup("").join(fields))
        if number is None:
            return html
        label = self.context.formats.say("Rows behind this row")
        return html + behind_button(number, len(self.page.rows), label)


def key_text(values: Sequence[Any]) -> str:
    """A key in a URL: its parts joined by `~`."""
    return "~".join(str(value).replace("%", "%25").replace("~", "%7E") for value in values)


def key_parts(text: str) -> tuple[str, ...]:
    """The parts of a key in a URL."""
    return tuple(part.replace("%7E", "~").replace("%25", "%") for part in text.split("~"))
