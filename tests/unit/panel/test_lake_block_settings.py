"""The blocks about the lake in a declaration."""

from __future__ import annotations

import medallion as md
from medallion_panel.section import Dashboard
from tests.unit.panel.tables import content_of


def test_a_block_may_be_its_name() -> None:
    for kind in ("catalogue", "run_history", "reject_rates"):
        assert content_of(**{kind: {}}).width == 12


def test_the_table_of_a_catalogue_block_exists(till: md.Pipeline) -> None:
    page = {"title": "T", "blocks": [{"catalogue": {"of": "gold.total"}}]}
    section = Dashboard.model_validate({"pages": [page]})
    assert list(section.faults(till.declaration)) == [
        (
            ("pages", 0, "blocks", 0, "catalogue", "of"),
            "no table 'gold.total'; did you mean 'gold.totals'?",
        )
    ]
