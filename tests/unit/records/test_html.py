"""HTML tables for notebooks: every text is escaped."""

from __future__ import annotations

from medallion.records.html import html_summary, html_table


def test_texts_are_escaped_and_none_is_an_empty_cell() -> None:
    html = html_table("<run>", ("a&b",), [["<script>", None], [1]])
    assert html == (
        "<table><caption>&lt;run&gt;</caption><thead><tr><th>a&amp;b</th></tr></thead><tbody>"
        "<tr><td>&lt;script&gt;</td><td></td></tr><tr><td>1</td></tr></tbody></table>"
    )


def test_a_summary_has_a_row_for_each_member() -> None:
    html = html_summary("Lake", {"url": "lake", "runs": 3})
    assert "<tr><td>url</td><td>lake</td></tr><tr><td>runs</td><td>3</td></tr>" in html
