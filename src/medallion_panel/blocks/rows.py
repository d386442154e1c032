"""Rows of a table: filtered, sorted and paged by the store; to take along as files or code."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from medallion.contracts import Filter, Query, Sort
from medallion.errors import CallError
from medallion_panel.blocks.elsewhere import code
from medallion_panel.blocks.reading import NoRowsError, Reading
from medallion_panel.section import Rows

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
        self._made_for: tuple[str, ...] = ()
        self.row: str | None = None
        self.search = pmui.TextInput(label="", size="small", margin=0, width=220, visible=bool(block.search))
        self.sort = pmui.Select(label="Sort by", options={}, size="small", margin=0, width=210)
        self.back = pmui.IconButton(icon="chevron_left", description="Former page", margin=0, disabled=True)
        self.next = pmui.IconButton(icon="chevron_right", description="Next page", margin=0, disabled=True)
        self.told = pmui.Typography("", variant="body2", margin=(8, 6))
        self.table = pn.widgets.Tabulator(
            pd.DataFrame(), disabled=True, show_index=False, selectable=False, theme="materialize",
            sizing_mode="stretch_width", margin=(8, 0), pagination=None, configuration={"columnDefaults": {"headerSort": False}},
        )  # fmt: skip
        self.detail = pn.pane.HTML("", visible=False, sizing_mode="stretch_width", margin=(4, 0))
        csv_button, parquet_button = (self._download(form) for form in ("csv", "parquet"))
        self.code = pn.pane.Markdown("", sizing_mode="stretch_width")
        self.elsewhere = pmui.Card(
            self.code, title="Use it elsewhere", collapsed=True, collapsible=True, elevation=0, variant="outlined",
            margin=(8, 0, 0, 0), sizing_mode="stretch_width", title_variant="subtitle2",
        )  # fmt: skip
        self.view = pn.Column(
            pn.FlexBox(
                self.search, self.sort, pmui.Row(self.back, self.told, self.next, margin=0),
                csv_button, parquet_button, align_items="center", gap="12px", margin=(4, 0),
            ),
            self.table, self.detail, self.elsewhere, sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.search.param.watch(self._asked, "value")
        self.sort.param.watch(self._asked, "value")
        self.back.on_click(lambda _: self._turn(-1))
        self.next.on_click(lambda _: self._turn(1))
        if block.detail:
            self.table.on_click(self._picked)

    # The address

    def texts(self) -> dict[str, list[str]]:
        """Its part of the address: what is searched, how it is sorted, which row is shown in full."""
        default = self.block.sort[0] if self.block.sort else ""
        parts = {"q": self.search.value, "sort": self.sort.value if self.sort.value != default else "", "row": self.row}
        return {name: [value] for name, value in parts.items() if value}

    def set(self, given: Mapping[str, Sequence[str]], reading: Reading) -> None:
        """Take over what an address says. Raises CallError on a sort the table cannot have."""
        self._quiet = True
        try:
            self._options(reading)
            self.search.value = next(iter(given.get("q", ())), "")
            self.row = next(iter(given.get("row", ())), None)
            wanted = next(iter(given.get("sort", ())), self.block.sort[0] if self.block.sort else "")
            known = list(self.sort.options.values())
            self.sort.value = wanted if wanted in known else known[0]
            self._cursors = [None]
            if wanted not in known:
                raise CallError(f"this table cannot be sorted by {wanted!r}")
        finally:
            self._quiet = False

    # What it shows

    def show(self, reading: Reading) -> None:
        """Read the first page anew. Raises NoRowsError."""
        if self._reading is None or reading.chosen != self._reading.chosen:
            self._cursors = [None]
        self._reading = reading
        if not self.sort.options:
            self._options(reading)
        self._load()

    def query(self, limit: int = 100) -> Query:
        """What is asked of the store now."""
        assert self._reading is not None  # noqa: S101 (shown before anything can be pressed)
        filters = list(self._reading.filters(self.block.table))
        if self.block.search and self.search.value:
            filters.append(Filter(self.block.search, "contains", self.search.value))
        term = str(self.sort.value or "")
        sort = (Sort(term.removeprefix("-"), term.startswith("-")),) if term else ()
        return Query(tuple(filters), sort, self._columns(), limit)

    def _columns(self) -> tuple[str, ...]:
        assert self._reading is not None  # noqa: S101
        served = self._reading.figures.served(self.block.table)
        columns = self.block.columns or tuple(column.name for column in served.columns)
        return tuple(dict.fromkeys((*columns, *served.key))) if self.block.detail else columns

    def _options(self, reading: Reading) -> None:
        kinds = reading.figures.kinds(self.block.table)
        names = [name for name in (self.block.columns or kinds) if name in kinds and kinds[name].ordered]
        label = reading.formats.label
        options = {"As loaded": ""} if not self.block.sort else {}
        for name in names:
            options |= {f"{label(name)} ↑": name, f"{label(name)} ↓": f"-{name}"}
        declared = [term for term in self.block.sort[:1] if term not in options.values()]
        options |= {label(term.removeprefix("-")): term for term in declared}
        if options != self.sort.options:
            quiet, self._quiet = self._quiet, True
            self.sort.param.update(options=options, value=self.block.sort[0] if self.block.sort else "")
            if self.block.search:
                self.search.label = f"{label(self.block.search)} contains"
            self._quiet = quiet

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
            page = reading.figures.find(self.block.table, Query(query.filters, query.sort, query.fields, query.limit, self._cursors[-1]))
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
        self._fill(reading)
        self._show_detail(reading)
        self.code.object = code(self.block.table, query)
        if not page.rows:
            raise NoRowsError

    def _fill(self, reading: Reading) -> None:
        columns = self._columns()
        forms = {name: reading.format(self.block.table, name) for name in columns}
        writers = {name: reading.formats.writer(forms[name]) for name in columns}
        frame = pd.DataFrame(
            [{name: writers[name](row[name]) for name in columns} for row in self._page], columns=list(columns), dtype=object
        )
        if columns != self._made_for:
            self._made_for = columns
            self.table.titles = {name: reading.formats.label(name) for name in columns}
            self.table.text_align = {name: "right" if forms[name] in _RIGHT else "left" for name in columns}
            self.table.formatters = {name: {"type": "plaintext"} for name in columns}
        self.table.value = frame

    # One row

    def _picked(self, event: Any) -> None:
        if self._reading is None or not 0 <= event.row < len(self._page):
            return
        key = self._reading.figures.served(self.block.table).key
        self.row = "~".join(str(self._page[event.row][name]) for name in key) or None
        self._changed()

    def _show_detail(self, reading: Reading) -> None:
        self.detail.visible = bool(self.row)
        if not self.row:
            return
        found = reading.figures.get(self.block.table, tuple(self.row.split("~")))
        if found is None:
            self.detail.object = f"{_DETAIL}<p>There is no row {escape(self.row)} in this release.</p>"
            return
        lines = [
            f"<dt>{escape(reading.formats.label(name))}</dt>"
            f"<dd>{escape(reading.writer(self.block.table, name)(value))}</dd>"
            for name, value in found.items()
        ]
        self.detail.object = f"{_DETAIL}<dl>{''.join(lines)}</dl>"

    # To take along

    def _download(self, form: str) -> Any:
        return pmui.FileDownload(
            callback=lambda: self._file(form), filename=f"{self.block.table}.{form}", label=form.capitalize() if form != "csv" else "CSV",
            icon="download", auto=True, embed=False, size="small", variant="outlined", margin=0, width=120,
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
