"""The markdown block: its figures are those of the rows that match the filters."""

from __future__ import annotations

from decimal import Decimal

import pytest

from medallion.contracts import Filter
from medallion_panel.block_settings import Markdown
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.text import text_html
from medallion_panel.section import Dashboard
from medallion_panel.ui.formats import Formats
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable

TYPES = {"name": "text", "country": "text", "spent": "decimal(12,2)"}
ROWS = [
    ("<b>Ann</b>", "IE", Decimal(1200)),
    ("Bob", "DE", Decimal(300)),
    ("*Cleo*", "IE", Decimal("34.5")),
]
TEXT = (
    "**{t.sum(spent)}** by {t.count()}, {t.sum(spent) / count() | integer} each, to {t.max(name)}"
)


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    return open_context(SmallTable(TYPES, ROWS))


def text_of(context: BlockContext, text: str = TEXT) -> str:
    html = text_html(Markdown(text=text), context)
    return html[html.index("<p>") :].strip()


def test_figures_are_written_in_the_text(context: BlockContext) -> None:
    shown = text_of(context)
    assert shown == "<p><strong>1,534.50</strong> by 3, 512 each, to Bob</p>"


def test_the_filters_and_the_locale_apply(context: BlockContext) -> None:
    formats = Formats.of(Dashboard(locale="de_DE", formats={"spent": "currency"}))
    irish = BlockContext(context.store, formats, (Filter("country", "eq", "IE"),))
    assert text_of(irish, "{t.sum(spent)} | {t.count()}") == "<p>1.234\xa0€ | 2</p>"
    assert text_of(irish, "{t.mean(spent) | decimal}") == "<p>617,25</p>"


def test_a_value_is_never_html_or_markdown(context: BlockContext) -> None:
    assert text_of(context, "{t.min(name)}") == "<p>*Cleo*</p>"
    german = BlockContext(context.store, context.formats, (Filter("spent", "eq", 1200),))
    assert text_of(german, "{t.min(name)}") == "<p>&lt;b&gt;Ann&lt;/b&gt;</p>"
