"""Texts as HTML: Markdown without code, and tables with escaped cells."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from medallion_panel.ui.markup import markdown, markup_table, part_heading
from tests.panel.hostile import HOSTILE


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_has_no_code(text: str) -> None:
    for markdown_text in (
        text,
        f"# {text}",
        f"[{text}](https://example.org)",
        f"![{text}](javascript:alert(1))",
    ):
        html = str(markdown(markdown_text)).lower().partition("</style>")[2]
        for part in (
            "<script",
            "<iframe",
            "<svg",
            "<form",
            "<style",
            'href="javascript',
            'href="data',
        ):
            assert part not in html
        assert "<img" not in html or "onerror" not in html


def test_markdown_is_markdown() -> None:
    html = markdown(
        "# Sales\n\n**Bold**, <u>under</u> and [a link](https://example.org)\n\n"
        "| a |\n| - |\n| 1 |\n"
    )
    for part in (
        "<h1>Sales</h1>",
        "<strong>Bold</strong>",
        "<u>under</u>",
        'href="https://example.org"',
        "<td>1</td>",
    ):
        assert part in html
    assert "<img>" not in markdown("![a](data:image/png;base64,AAAA)")
    assert "https://" not in markdown("![a](https://example.org/counter.png)")


def test_a_cell_is_text_unless_it_is_markup() -> None:
    table = markup_table(("<b>",), [("<i>", Markup("<u>{}</u>").format("<s>"))])
    assert "<th scope='col'>&lt;b&gt;</th>" in table
    assert "tabindex='0'" in table
    assert "<td>&lt;i&gt;</td><td><u>&lt;s&gt;</u></td>" in table


def test_the_heading_of_a_part_is_below_the_title_of_its_card() -> None:
    assert part_heading("By <rule>", "") == "<h2 class='part-heading'>By &lt;rule&gt;</h2>"
    assert part_heading("By rule", "Rates") == "<h3 class='part-heading'>By rule</h3>"
