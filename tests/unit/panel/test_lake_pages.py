"""The pages about the lake, and the menu."""

from __future__ import annotations

import medallion as md
from medallion_panel.block_settings import Block
from medallion_panel.pages.lake_pages import (
    menu_groups,
    menu_of,
    menu_slug,
    with_lake_pages,
)
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
    for slug in ("quality", "lake.quality", "lake.catalogue"):
        assert menu_slug(by_slug, slug) == slug
    assert menu_slug(by_slug, "lake.gold.totals") == "lake.catalogue"
    assert list(menu_groups(pages)) == [""]
    parts = [
        block.catalogue.part for block in by_slug["lake.gold.totals"].blocks if block.catalogue
    ]
    assert parts == ["about", "columns", "lineage", "rules", "sample", "code"]


def test_pages_about_the_lake_have_a_heading_next_to_other_groups(till: md.Pipeline) -> None:
    release = till.lake.current()
    assert release is not None
    sales = page("Sales").model_copy(update={"group": "Gold"})
    pages = with_lake_pages([sales, page("Home")], release, FORMATS.say)
    groups = menu_groups(pages)
    assert {group: [each.title for each in members] for group, members in groups.items()} == {
        "": ["Home"],
        "Gold": ["Sales"],
        "Lake": ["Catalogue", "Runs", "Quality"],
    }
    assert list(groups) == ["", "Gold", "Lake"]
