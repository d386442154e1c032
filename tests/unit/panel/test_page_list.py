"""The pages of a visitor."""

from __future__ import annotations

import pytest

import medallion as md
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.data.quarantine_reader import QuarantineAccess, QuarantineReader
from medallion_panel.pages.lake_pages import menu_of
from medallion_panel.pages.page_list import pages_of
from medallion_panel.section import Dashboard


@pytest.mark.parametrize(
    ("fields", "seen", "titles"),
    [
        ({"locale": "de_DE"}, True, ["Quarantäne", "Katalog", "Läufe", "Qualität"]),
        ({}, False, ["Catalogue", "Runs", "Quality"]),
        ({"lake_pages": False}, False, []),
    ],
)
def test_pages_follow_the_declaration_and_what_a_visitor_may_see(
    till: md.Pipeline,
    till_context: BlockContext,
    fields: dict[str, object],
    *,
    seen: bool,
    titles: list[str],
) -> None:
    release = till.lake.current()
    assert release is not None
    rejects = QuarantineAccess(QuarantineReader(till), "", enabled=False) if seen else None
    section = Dashboard.model_validate(fields)
    pages = pages_of(section, till_context.store, release, rejects)
    assert [page.title for page in menu_of(pages)][2:] == titles
