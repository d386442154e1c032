"""The pages about the lake, and the menu."""

from __future__ import annotations

import medallion as md
from medallion_panel.block_settings import Block
from medallion_panel.pages.lake_pages import menu_of, menu_place, with_lake_pages
from medallion_panel.section import PageSettings
from tests.unit.panel.tables import FORMATS


def page(title: str) -> PageSettings:
    return PageSettings(title=title, blocks=(Block.model_validate("freshness"),))


def test_three_pages_are_in_the_menu_and_one_per_table_is_not(till: md.Pipeline) -> None:
    release = till.lake.current()
    assert release is not None
    pages = with_lake_pages([page("Home"), page("Quality")], release, FORMATS.say)
    titles = [each.title for each in menu_of(pages)]
    assert titles == ["Home", "Quality", "Catalogue", "Runs", "Quality of the lake"]
    by_slug = {each.slug: each for each in pages}
    assert len(by_slug) == len(pages) == 5 + 3
    assert menu_place(by_slug, "quality") == 1
    assert menu_place(by_slug, "lake.quality") == 4
    assert menu_place(by_slug, "lake.gold.totals") == menu_place(by_slug, "lake.catalogue") == 2
    parts = [
        block.catalogue.part for block in by_slug["lake.gold.totals"].blocks if block.catalogue
    ]
    assert parts == ["about", "columns", "lineage", "rules", "sample", "code"]
