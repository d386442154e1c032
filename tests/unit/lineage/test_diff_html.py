"""Differences as HTML."""

from __future__ import annotations

from medallion.lineage.diff_html import document, fragment
from tests.unit.lineage.differences import DIFF, EQUAL


def test_tables_reasons_sums_and_rows_with_values_escaped() -> None:
    page = fragment(DIFF)
    for text in (
        "<caption>1 of 2 tables differ</caption>",
        "<td>gold.sales</td><td>1,000</td><td>1,001</td><td>3</td><td>1</td><td>0</td>",
        "<summary>gold.sales: 3 rows changed, 1 row added</summary>",
        "<li>because bronze.sales: file a_b.csv new</li>",
        "<li>column note: new, text</li>",
        "<li>sum of revenue: 10.00 → 12.50 (+2.50, +25 %)</li>",
        "<td>changed</td><td>country = France</td><td>revenue 10.00 → 12.50 (+2.50, +25 %)</td>",
        "<td>added</td><td>country = &lt;b&gt;|`x`\n*y*</td>",
        "<p>and 2 more rows</p>",
    ):
        assert text in page
    assert "<b>" not in page


def test_a_document_has_title_and_style() -> None:
    page = document(EQUAL)
    assert page.startswith("<!doctype html>")
    assert "<title>Release one → two</title>" in page
    assert ".diff table" in page
    assert "<p>No differences in 1 table.</p>" in page
