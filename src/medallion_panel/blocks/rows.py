"""Rows of a table: filtered, sorted and paged by the store; to take along as files or code."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from medallion.contracts import Filter, Query, Sort
from medallion.errors import CallError
from medallion_panel.blocks.elsewhere import CodeList, snippets
from medallion_panel.blocks.grid import TextGrid
from medallion_panel.blocks.reading import NoRowsError, Reading
from medallion_panel.section import FormatName, Rows

_RIGHT = ("integer", "number", "decimal", "currency", "percent")
_DETAIL = """<style>:host { color: inherit } dl { display: grid; grid-template-columns: max-content 1fr; gap: 6px 24px;
margin: 0; font-size: .9rem } dt { opacity: .7 } dd { margin: 0; font-variant-numeric: tabular-nums }</style>"""


class RowsView:
    """The inside of a table's card. `changed` is called when its own part of the address changed."""

    def __init__(self, block: Rows, changed: Callable[[], None]) -> None:
        self.block, self._changed = block, changed
        self._reading: Reading | None = None
        self._cursors: list[str | None] = [None]
        self._page: list[dict[str, Any]] = []
        self._quiet = False
        self.row: str | None = None
        self.search = pmui.TextInput(label="", size="small", margin=0, width=220, visible=bool(block.search))
        self.back = pmui.IconButton(icon="chevron_left", description="Former page", margin=0, disabled=True)
        self.next = pmui.IconButton(icon="chevron_right", description="Next page", margin=0, disabled=True)
        self.told = pmui.Typography("", variant="body2", margin=(10, 0), sizing_mode="fixed")
        self.table = TextGrid(pickable=block.detail, sizing_mode="stretch_width", margin=(8, 0), min_height=60)
        self.facts = pn.pane.HTML("", sizing_mode="stretch_width", margin=0)
        self.shut = pmui.IconButton(icon="close", description="Close this row", margin=0, size="small")
        self.detail = pn.Row(self.facts, self.shut, visible=False, sizing_mode="stretch_width", margin=(8, 0))
        csv_button, parquet_button = (self._download(form) for form in ("csv", "parquet"))
        self.code = CodeList(sizing_mode="stretch_width", margin=(4, 0, 0, 0))
        self.view = pn.Column(
            pn.FlexBox(
                self.search, self.told, self.back, self.next, csv_button, parquet_button,
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
        parts = {"q": self.search.value, "sort": self.table.sort if self.table.sort != default else "", "row": self.row}
        return {name: [value] for name, value in parts.items() if value}

    def set(self, given: Mapping[str, Sequence[str]], reading: Reading) -> None:
        """Take over what an address says. Raises CallError on a sort the table cannot have."""
        self._quiet = True
        try:
            self.search.value = next(iter(given.get("q", ())), "")
            self.row = next(iter(given.get("row", ())), None)
            default = next(iter(self.block.sort), "")
            wanted = next(iter(given.get("sort", ())), default)
            kinds = reading.figures.kinds(self.block.table)
            known = wanted == default or getattr(kinds.get(wanted.removeprefix("-")), "ordered", False)
            self.table.sort = wanted if known else default
            self._cursors = [None]
            if not known:
                raise CallError(f"This table cannot be sorted by {wanted!r}")
        finally:
            self._quiet = False

    # What it shows

    def show(self, reading: Reading) -> None:
        """Read the first page anew. Raises NoRowsError."""
        if self._reading is None or reading.chosen != self._reading.chosen:
            self._cursors = [None]
        self._reading = reading
        if self.block.search:
            self.search.label = f"{reading.formats.label(self.block.search)} contains"
        self._load()

    def query(self, limit: int = 100) -> Query:
        """What is asked of the store now."""
        assert self._reading is not None  # noqa: S101 (shown before anything can be pressed)
        filters = list(self._reading.filters(self.block.table))
        if self.block.search and self.search.value:
            filters.append(Filter(self.block.search, "contains", self.search.value))
        term = self.table.sort
        sort = (Sort(term.removeprefix("-"), term.startswith("-")),) if term else ()
        return Query(tuple(filters), sort, self._columns(), limit)

    def _columns(self) -> tuple[str, ...]:
        assert self._reading is not None  # noqa: S101
        served = self._reading.figures.served(self.block.table)
        columns = self.block.columns or tuple(column.name for column in served.columns)
        return tuple(dict.fromkeys((*columns, *served.key))) if self.block.detail else columns

    def _asked(self, _event: Any) -> None:
        if self._quiet:
            return
        self._cursors = [None]
        self._changed()

    def _turn(self, step: int) -> None:
        if step < 0:
            self._cursors.pop()
            self._cursors.pop()
        self._load()

    def _load(self) -> None:
        reading, query = self._reading, self.query(self.block.page_size)
        assert reading is not None  # noqa: S101
        try:
            page = reading.figures.find(
                self.block.table, Query(query.filters, query.sort, query.fields, query.limit, self._cursors[-1])
            )
        except CallError:
            self._cursors = [None]
            page = reading.figures.find(self.block.table, query)
        whole = reading.figures.count(self.block.table, query)
        self._page = page.rows
        first = (len(self._cursors) - 1) * self.block.page_size
        self._cursors.append(page.cursor)
        write = reading.formats.writer("integer")
        last = first + len(page.rows)
        self.told.object = f"{write(first + 1 if last else 0)}–{write(last)} of {write(whole)}"
        self.back.disabled, self.next.disabled = first == 0, page.cursor is None
        self.back.visible = self.next.visible = whole > self.block.page_size
        self._fill(reading)
        self._show_detail(reading)
        self.code.items = snippets(self.block.table, query)
        if not page.rows:
            raise NoRowsError

    def _fill(self, reading: Reading) -> None:
        columns = self._columns()
        forms = {name: self._form(name, reading) for name in columns}
        writers = {name: reading.formats.writer(forms[name]) for name in columns}
        kinds = reading.figures.kinds(self.block.table)
        heads = [
            {"name": name, "title": reading.formats.label(name), "right": forms[name] in _RIGHT,
             "sortable": kinds[name].ordered}
            for name in columns
        ]  # fmt: skip
        rows = [[writers[name](row[name]) for name in columns] for row in self._page]
        self.table.param.update(columns=heads, rows=rows)

    def _form(self, name: str, reading: Reading) -> FormatName:
        """How a column is written; a number that is a key names something, and has no thousands to group."""
        form = reading.format(self.block.table, name)
        return "text" if form == "integer" and name in reading.figures.served(self.block.table).key else form

    # One row

    def _picked(self, _event: Any) -> None:
        if self._reading is None or not 0 <= self.table.picked < len(self._page):
            return
        key = self._reading.figures.served(self.block.table).key
        self._pick("~".join(str(self._page[self.table.picked][name]) for name in key) or None)

    def _pick(self, row: str | None) -> None:
        self.row = row
        self._changed()

    def _show_detail(self, reading: Reading) -> None:
        self.detail.visible = bool(self.row)
        if not self.row:
            return
        found = reading.figures.get(self.block.table, tuple(self.row.split("~")))
        if found is None:
            self.facts.object = f"{_DETAIL}<p>There is no row {escape(self.row)} in this release.</p>"
            return
        lines = [
            f"<dt>{escape(reading.formats.label(name))}</dt>"
            f"<dd>{escape(reading.formats.writer(self._form(name, reading))(value))}</dd>"
            for name, value in found.items()
        ]
        self.facts.object = f"{_DETAIL}<dl>{''.join(lines)}</dl>"

    # To take along

    def _download(self, form: str) -> Any:
        return pmui.FileDownload(
            callback=lambda: self._file(form), filename=f"{self.block.table}.{form}",
            label={"csv": "CSV", "parquet": "Parquet"}[form],
            icon="download", auto=True, embed=False, size="small", variant="outlined", margin=0, width=96,
            description=f"All rows that meet the filters, as {form}",
        )  # fmt: skip

    def _file(self, form: str) -> io.BytesIO:
        """All rows that meet the filters, from one release."""
        assert self._reading is not None  # noqa: S101
        query = self.query()
        batches = self._reading.figures.scan(self.block.table, query)
        if form == "parquet":
            return _parquet(batches, self._reading, self.block.table, query.fields)
        text = io.StringIO()
        writer = csv.DictWriter(text, query.fields, lineterminator="\r\n")
        writer.writeheader()
        for batch in batches:
            writer.writerows(batch)
        return io.BytesIO(text.getvalue().encode())


def _parquet(batches: Any, reading: Reading, table: str, columns: Sequence[str]) -> io.BytesIO:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "integer": pa.int64(), "float": pa.float64(), "text": pa.string(), "boolean": pa.bool_(), "date": pa.date32(),
        "timestamp": pa.timestamp("us", "UTC"), "time": pa.string(),
    }  # fmt: skip
    kinds = reading.figures.kinds(table)
    known = {**types, "decimal": None}
    fields = [
        (name, pa.decimal128(38, kinds[name].scale) if kinds[name].name == "decimal" else types[kinds[name].name])
        for name in columns
        if kinds[name].name in known
    ]
    schema, out = pa.schema(fields), io.BytesIO()
    with pq.ParquetWriter(out, schema) as writer:
        for batch in batches:
            writer.write_batch(pa.RecordBatch.from_pylist(batch, schema))
    out.seek(0)
    return out
