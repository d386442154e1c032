"""What the panel says about the records behind a figure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from medallion_panel.data.origin_reader import (
    OriginQuestion,
    OriginSummary,
    RemovedSummary,
    TracedSum,
)
from medallion_panel.pages.mark_question import MarkQuestion
from medallion_panel.pages.origin_html import origins_html, records_html, removed_html
from tests.unit.panel.tables import FORMATS, SAY

ASKED = MarkQuestion(
    OriginQuestion("gold.sales", "r1", "land = 'France'", "sum(money)"),
    title="France · Money",
    block="Lands",
    shown="€1.2K",
    write=FORMATS.writer("currency"),
    mark=0,
)
RECORD = {
    "table": "bronze.sales",
    "file": "a<b>.csv",
    "record": 1200,
    "row": {"land": "<script>", "money": None},
}


def found(**changed: object) -> OriginSummary:
    parts = {
        "rows": 2,
        "figure": Decimal("1234.50"),
        "records": 1200,
        "files": [("bronze.sales", f"{number}.csv", 80) for number in range(15)],
        "first": [RECORD],
        "inexact": (),
        "sums": [TracedSum("silver.sales.money", 1200, Decimal("1234.50"))],
    }
    return OriginSummary(**{**parts, **changed})  # type: ignore[arg-type]


def test_the_figure_is_shown_in_full_next_to_the_traced_sum() -> None:
    html = origins_html(ASKED, found(), FORMATS)
    assert "<p class='sum'>€1,234.50</p>" in html
    assert "sum(money) of 2 rows of gold.sales, shown as €1.2K" in html
    assert "€1,234.50: sum of silver.sales.money in 1,200 rows" in html
    assert "1,200 source records from 15 files" in html
    assert "… and 3 other files" in html
    assert "medallion why gold.sales --where &#39;land = " in html


def test_a_row_has_its_values_in_place_of_a_count() -> None:
    row = replace(ASKED, values=(("Land", "<France>"), ("Money", "€1,234.50")))
    html = origins_html(row, found(rows=1), FORMATS)
    assert "<dt>Land</dt><dd>&lt;France&gt;</dd><dt>Money</dt><dd>€1,234.50</dd>" in html
    assert "of 1 row" not in html
    assert "have these values" not in html
    assert "2 rows of gold.sales have these values." in origins_html(row, found(), FORMATS)


def test_a_trace_that_is_not_exact_says_which_step() -> None:
    html = origins_html(ASKED, found(inexact=["gold.sales: steps[0].sql has `over`"]), FORMATS)
    assert "Not exact: gold.sales: steps[0].sql has `over`" in html
    assert "Not exact" not in origins_html(ASKED, found(), FORMATS)


def test_records_are_text() -> None:
    html = records_html("Source records", [RECORD], 1, SAY)
    assert "&lt;script&gt;" in html
    assert "a&lt;b&gt;.csv" in html
    assert "<h3>Source records</h3>" in html
    assert "the first 1" in records_html("Source records", [RECORD], 2, SAY)
    assert "<h3>" not in records_html("Source records", [], 0, SAY)


def test_removed_records_are_counted_by_reason() -> None:
    counts = [
        {"table": "silver.sales", "fate": "quarantined", "rule": "between", "column": "money",
         "records": 1},
    ]  # fmt: skip
    removed = [{**RECORD, "fate": "quarantined", "rule": "between", "value": "-1"}]
    html = removed_html(RemovedSummary(counts, removed), FORMATS)
    assert "1 more record would have counted" in html
    assert "<td>In quarantine</td><td>between</td><td>money</td><td>1</td>" in html
    assert "<td>between</td><td>-1</td>" in records_html("Records", removed, 1, SAY)
    assert "No other record would have counted." in removed_html(RemovedSummary(), FORMATS)
