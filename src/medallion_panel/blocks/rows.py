"""Rows of a table: filtered, sorted and paged by the store; to take along as files or code."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import panel as pn
import panel_material_ui as pmui
from markupsafe import Markup

from medallion.contracts import Filter, Page, Query, Sort
from medallion.errors import CallError
from medallion.export.spreadsheet_csv import BOM, without_formula
from medallion.query.column_types import Kind
from medallion_panel.block_settings import FormatName, Rows
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.code_snippets import CodeList, snippets
from medallion_panel.blocks.text_grid import TextGrid
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.markup import HtmlPane, Text

Batches = Iterable[Sequence[Mapping[str, Any]]]

_RIGHT = ("integer", "number", "decimal", "currency", "percent")
_DOWNLOADS = {
    "csv": ("CSV", "csv"),
    "spreadsheet": ("CSV for spreadsheets", "csv"),
    "parquet": ("Parquet", "parquet"),
}
_DETAIL = Markup("""<style>:host { color: inherit }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 6px 24px; margin: 0; font-size: .9rem }
dt { opacity: .7 } dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere }</style>""")


class RowsView:
    """The inside of a table's card. `changed` is called when its own part of the address changed."""

    def __init__(self, block: Rows, formats: Formats, changed: Callable[[], None]) -> None:
        self.block, self._changed = block, changed
        self._found: _Found | None = None
        self._subject: Any = None
        self._cursors: list[str | None] = [None]
        self._at = 0
        self._quiet = False
        self.row: str | None = None
        label = f"{formats.label(block.search)} contains" if block.search else ""
        self.search = pmui.TextInput(
            label=label, size="small", margin=0, width=220, visible=bool(block.search)
        )
        self.back = pmui.IconButton(
            icon="chevron_left", description="Former page", margin=0, disabled=True
        )
        self.next = pmui.IconButton(
            icon="chevron_right", description="Next page", margin=0, disabled=True
        )
        self.told = Text(margin=(10, 0), sizing_mode="fixed")
        self.table = TextGrid(
            pickable=block.detail, sizing_mode="stretch_width", margin=(8, 0), min_height=60
        )
        self.facts = HtmlPane()
        self.shut = pmui.IconButton(
            icon="close", description="Close this row", margin=0, size="small"
        )
        self.detail = pn.Row(
            self.facts.view, self.shut, visible=False, sizing_mode="stretch_width", margin=(8, 0)
        )
        self.downloads = [self._download(form) for form in _DOWNLOADS]
        self.code = CodeList(sizing_mode="stretch_width", margin=(4, 0, 0, 0))
        self.view = pn.Column(
            pn.FlexBox(
                self.search, self.told.view, self.back, self.next, *self.downloads,
                align_items="center", gap="8px", margin=(4, 0),
            ),
            self.table, self.detail, self.code, sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.search.param.watch(self._asked, "value")
        self.table.param.watch(self._asked, "sort")
        self.back.on_click(lambda _: self._turn(-1))
        self.next.on_click(lambda _: self._turn(1))
        self.shut.on_click(lambda _: self._pick(None))
        if block.detail:
            self.table.param.watch(self._picked, "picks")

    # The address

    def texts(self) -> dict[str, list[str]]:
        """Its part of the address: what is searched, how it is sorted, which row is shown in full."""
        default = self.block.sort[0] if self.block.sort else ""
        parts = {
            "q": self.search.value,
            "sort": self.table.sort if self.table.sort != default else "",
            "row": self.row,
        }
        return {name: [value] for name, value in parts.items() if value}

    def set(self, given: Mapping[str, Sequence[str]], reading: BlockContext) -> None:
        """Take over what an address says. Raises CallError on a sort the table cannot have."""
        self._quiet = True
        try:
            self.search.value = next(iter(given.get("q", ())), "")
            self.row = next(iter(given.get("row", ())), None)
            default = next(iter(self.block.sort), "")
            wanted = next(iter(given.get("sort", ())), default)
            kinds = reading.figures.kinds(self.block.table)
            known = wanted == default or getattr(
                kinds.get(wanted.removeprefix("-")), "ordered", False
            )
            self.table.sort = wanted if known else default
            if not known:
                raise CallError(f"This table cannot be sorted by {wanted!r}")
        finally:
            self._quiet = False

    # What it shows

    def ask(self, reading: BlockContext) -> _Found:
        """The rows of the page that is open, read anew; the first one when something else is asked."""
        table, served = self.block.table, reading.figures.served(self.block.table)
        query = self.query(reading)
        subject = (reading.figures.seen().id, query.filters, query.sort)
        at = self._at if subject == self._subject else 0
        page = reading.figures.find(table, replace(query, cursor=self._cursors[at] if at else None))
        whole = reading.count(table, query.filters)
        row = reading.figures.get(table, tuple(self.row.split("~"))) if self.row else None
        return _Found(reading, query, served.key, page, whole, at, subject, row)

    def fill(self, found: _Found) -> None:
        """Show what was read."""
        self._found, self._subject, self._at = found, found.subject, found.at
        self._cursors[found.at + 1 :] = [found.page.cursor]
        write = found.reading.formats.writer("integer")
        first, number = found.at * self.block.page_size, len(found.page.rows)
        extent = f"{write(first + 1)}–{write(first + number)} of {write(found.whole)}"
        self.told.show(extent if number else "0 rows")
        self.back.disabled, self.next.disabled = found.at == 0, found.page.cursor is None
        self.back.visible = self.next.visible = found.whole > self.block.page_size
        columns = found.query.fields
        forms = {name: found.form(self.block.table, name) for name in columns}
        kinds = found.reading.figures.kinds(self.block.table)
        heads = [
            {"name": name, "title": found.reading.formats.label(name), "right": forms[name] in _RIGHT,
             "sortable": kinds[name].ordered}
            for name in columns
        ]  # fmt: skip
        writers = {name: found.reading.formats.writer(forms[name]) for name in columns}
        rows = [[writers[name](row[name]) for name in columns] for row in found.page.rows]
        self.table.param.update(columns=heads, rows=rows)
        for button in self.downloads:
            button.disabled = False
        self.code.items = snippets(self.block.table, found.query)
        self.detail.visible = bool(self.row)
        if self.row:
            self.facts.show(found.facts(self.block.table, self.row))

    def clear(self) -> None:
        """Show no rows: those of before would be taken for the answer."""
        self._found = None
        self.told.show("")
        self.back.visible = self.next.visible = self.detail.visible = False
        self.table.rows, self.code.items = [], []
        for button in self.downloads:
            button.disabled = True

    def query(self, reading: BlockContext) -> Query:
        """What is asked of the store now."""
        filters = list(reading.filters(self.block.table))
        if self.block.search and self.search.value:
            filters.append(Filter(self.block.search, "search", self.search.value))
        term = self.table.sort
        sort = (Sort(term.removeprefix("-"), term.startswith("-")),) if term else ()
        served = reading.figures.served(self.block.table)
        columns = self.block.columns or tuple(column.name for column in served.columns)
        fields = tuple(dict.fromkeys((*columns, *served.key))) if self.block.detail else columns
        return Query(tuple(filters), sort, fields, self.block.page_size)

    def _asked(self, _event: Any) -> None:
        if not self._quiet:
            self._changed()

    def _turn(self, step: int) -> None:
        self._at += step
        self._changed()

    # One row

    def _picked(self, _event: Any) -> None:
        if self._found is not None and 0 <= self.table.picked < len(self._found.page.rows):
            row = self._found.page.rows[self.table.picked]
            self._pick("~".join(str(row[name]) for name in self._found.key) or None)

    def _pick(self, row: str | None) -> None:
        self.row = row
        self._changed()

    # To take along

    def _download(self, form: str) -> Any:
        label, ending = _DOWNLOADS[form]
        return pmui.FileDownload(
            callback=lambda: self._file(form), filename=f"{file_name(self.block.table)}.{ending}", label=label,
            icon="download", auto=True, embed=False, size="small", variant="outlined", margin=0,
            description=f"All rows that meet the filters, as {label}",
        )  # fmt: skip

    def _file(self, form: str) -> io.BytesIO:
        """All rows that meet the filters, from one release."""
        assert self._found is not None  # noqa: S101 (shown before anything can be pressed)
        reading, query = self._found.reading, self._found.query
        batches = reading.figures.scan(self.block.table, query)
        if form == "parquet":
            return _parquet(batches, reading, self.block.table, query.fields)
        return (
            _spreadsheet(batches, query.fields)
            if form == "spreadsheet"
            else _csv(batches, query.fields)
        )


@dataclass(frozen=True)
class _Found:
    """What was read for one page of rows: the `at`-th of those that `subject` (release, filters, sort) leaves."""

    reading: BlockContext
    query: Query
    key: Sequence[str]
    page: Page
    whole: int
    at: int
    subject: Any
    row: Mapping[str, Any] | None

    def form(self, table: str, name: str) -> FormatName:
        """How a column is written."""
        return self.reading.format(table, name)

    def facts(self, table: str, ident: str) -> Markup:
        """The row that was picked, in full."""
        if self.row is None:
            return _DETAIL + Markup("<p>There is no row {} in this release.</p>").format(ident)
        formats = self.reading.formats
        facts = (
            Markup("<dt>{}</dt><dd>{}</dd>").format(
                formats.label(name), formats.writer(self.form(table, name))(value)
            )
            for name, value in self.row.items()
        )
        return _DETAIL + Markup("<dl>{}</dl>").format(Markup("").join(facts))


def file_name(table: str) -> str:
    """A table's name as the name of a file."""
    return re.sub(r"[^\w.-]+", "_", table).strip("._") or "table"


def _csv(
    batches: Batches, columns: Sequence[str], cell: Callable[[Any], Any] = lambda value: value
) -> io.BytesIO:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([cell(name) for name in columns])
    for batch in batches:
        writer.writerows([cell(_flat(row[name])) for name in columns] for row in batch)
    return io.BytesIO(text.getvalue().encode())


def _spreadsheet(batches: Batches, columns: Sequence[str]) -> io.BytesIO:
    """CSV that a spreadsheet opens as it is: with the mark of UTF-8, and texts that are not computed."""
    return io.BytesIO(BOM + _csv(batches, columns, without_formula).getvalue())


def _flat(value: Any) -> Any:
    """A nested value as JSON, any other as it is."""
    return (
        json.dumps(value, ensure_ascii=False, default=str)
        if isinstance(value, list | dict)
        else value
    )


def _parquet(
    batches: Batches, reading: BlockContext, table: str, columns: Sequence[str]
) -> io.BytesIO:
    """A Parquet file; nested values are JSON in it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "integer": pa.int64(), "float": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(), "bytes": pa.binary(),
        "timestamp": pa.timestamp("us"),
    }  # fmt: skip
    kinds = reading.figures.kinds(table)

    def type_of(kind: Kind) -> pa.DataType:
        if kind.name == "decimal":
            return pa.decimal128(38, kind.scale)
        return pa.timestamp("us", "UTC") if kind.zoned else types.get(kind.name, pa.string())

    schema, out = pa.schema([(name, type_of(kinds[name])) for name in columns]), io.BytesIO()
    with pq.ParquetWriter(out, schema) as writer:
        for batch in batches:
            rows = [{name: _flat(row[name]) for name in columns} for row in batch]
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema))
    out.seek(0)
    return out
