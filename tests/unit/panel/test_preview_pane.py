"""The outcomes of edited records as a table, and errors of previews as visitors see them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from medallion.lineage.corrected_rows import PreviewedRecord
from medallion.records import Correction
from medallion_panel.blocks.preview_pane import PreviewPane, grid_content
from medallion_panel.data.quarantine_reader import QuarantineChoice, QuarantineReader
from tests.coroutines import run_coroutine
from tests.corrected import published
from tests.unit.panel.tables import FORMATS, html_in

CORRECTION = Correction(
    id="r-1",
    table="silver.t",
    source="bronze.t",
    file="a.csv",
    sha256="0" * 64,
    record=1200,
    original="{}",
    values={"b": "x"},
)


def text(pane: PreviewPane) -> str:
    return html_in(pane._state.view).rpartition("</style>")[2]


def test_a_line_has_the_place_the_outcome_and_the_row() -> None:
    kept = PreviewedRecord(
        CORRECTION, "silver.t", "kept", rows=({"a": 1, "b": None},), warnings=("between a: 1",)
    )
    dropped = PreviewedRecord(CORRECTION, "silver.t", "dropped", ("filter",))
    columns, lines = grid_content((kept, dropped), FORMATS)
    assert [each["title"] for each in columns][-2:] == ["a", "b"]
    warning = "breaks between a: 1, which only warns"
    assert lines == [
        ["a.csv", "1,200", "silver.t", "Kept", warning, "1", ""],
        ["a.csv", "1,200", "silver.t", "Dropped", "filter", "", ""],
    ]


def test_errors_are_shown_and_a_cancelled_preview_says_nothing(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    reader = QuarantineReader(pipeline)
    (first, *_) = reader.listing(QuarantineChoice()).records
    edits = {first.identity: {"amount": "3.50"}}
    file = tmp_path / "data/orders/2024-02.csv"
    file.write_text(file.read_text() + "8,a,1.00,2024-02-05\n")
    pipeline.run()

    async def steps() -> None:
        pane = PreviewPane(reader, FORMATS)
        await pane.show("silver.orders", edits)
        assert "No preview: record 1 of data/orders/2024-02.csv: the current release" in text(pane)
        await pane.show("silver.orders", {first.identity: {"nothing": "1"}})
        assert "No preview: the source files have no column" in text(pane)
        task = asyncio.ensure_future(pane.show("silver.orders", edits))
        await asyncio.sleep(0)
        assert "Computing silver.orders with 1 correction" in text(pane)
        pane.clear()
        await task
        assert not pane._state.view.visible

    run_coroutine(steps())
