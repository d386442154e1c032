"""The index of the catalogue."""

from __future__ import annotations

import medallion as md
from medallion_panel.blocks.catalogue_index import CatalogueView, catalogue_items
from tests.unit.panel.tables import FORMATS


def test_tables_are_found_by_name_column_and_description(till: md.Pipeline) -> None:
    release = till.lake.current()
    assert release is not None
    items = catalogue_items(release.summary(), FORMATS)
    assert [(each["layer"], each["name"], each["slug"]) for each in items] == [
        ("bronze", "sales", "lake.bronze.sales"),
        ("silver", "sales", "lake.silver.sales"),
        ("gold", "totals", "lake.gold.totals"),
    ]
    silver, gold = items[1:]
    assert silver["text"] == "One row <per> sale."
    assert silver["facts"].startswith("3 rows · 3 columns · 40.00% quarantined · ")
    assert "in euros, with tax" in silver["words"]
    assert "total" in gold["words"]
    view = CatalogueView(FORMATS.say)
    view.show(items)
    assert view.view.items == items
    assert (view.view.heading, CatalogueView(FORMATS.say, "Tables").view.heading) == ("h2", "h3")
