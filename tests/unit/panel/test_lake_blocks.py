"""Which content each block about the lake has."""

from __future__ import annotations

from typing import Any

import pytest

import medallion as md
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.catalogue_index import CatalogueView
from medallion_panel.blocks.lake_blocks import is_lake_block, lake_value, lake_view
from medallion_panel.blocks.table_code import TableCode
from tests.unit.panel.tables import FORMATS, content_of

OF = {"of": "gold.totals"}


@pytest.mark.parametrize(
    ("block", "widget", "text"),
    [
        ({"catalogue": {}}, CatalogueView, "lake.gold.totals"),
        ({"catalogue": {**OF, "part": "code"}}, TableCode, "medallion show gold.totals"),
        ({"catalogue": {**OF, "part": "lineage"}}, type(None), "Made of"),
        ({"catalogue": OF}, type(None), "Sales by country."),
        ({"run_history": {}}, type(None), "A rule stopped a release"),
        ({"reject_rates": {}}, type(None), "By source file"),
    ],
)
def test_a_block_has_a_widget_or_html(
    till: md.Pipeline, till_context: BlockContext, block: Any, widget: type, text: str
) -> None:
    content = content_of(**block)
    assert is_lake_block(content)
    assert isinstance(lake_view(content, FORMATS.say), widget)
    assert text in str(lake_value(content, till, till_context, full=True))


def test_other_blocks_are_not_about_the_lake() -> None:
    content = content_of(freshness={})
    assert not is_lake_block(content)
    assert lake_view(content, FORMATS.say) is None
