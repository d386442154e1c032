"""What filters offer: a choice that cannot be one becomes the filter that its column can have, and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import medallion as md
from medallion.contracts import Query
from medallion_panel.data.queries import Figures
from medallion_panel.pages.filter_choices import offers_of
from medallion_panel.pages.filters import conditions, page_filters
from medallion_panel.section import Dashboard, PageSettings
from medallion_panel.ui.formats import Formats

YAML = """\
name: stores
tables:
  bronze: {stores: {source: data/stores.parquet}}
  gold: {stores: {from: bronze.stores}}
sinks: {serving: {url: "sqlite:lake/serving.db"}}
"""
ROWS = 2500


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    folder: Path = tmp_path_factory.mktemp("stores")
    (folder / "data").mkdir()
    stores: dict[str, list[Any]] = {
        "store": [number % 457 for number in range(ROWS)],
        "ticket": [*range(ROWS)],
        "ratio": [number / 4 for number in range(ROWS)],
        "code": [f"code {number}" for number in range(ROWS)],
        "city": [f"city {number % 310}" for number in range(ROWS)],
    }
    pq.write_table(pa.table(stores), folder / "data/stores.parquet")
    (folder / "medallion.yaml").write_text(YAML)
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    return Figures(pipeline.store())


def page(*filters: Any) -> PageSettings:
    return PageSettings.model_validate(
        {"title": "T", "filters": filters, "blocks": [{"table": {"table": "stores"}}]}
    )


@pytest.mark.parametrize(
    ("column", "declared", "way", "text", "rows"),
    [
        ("store", "choice", "values", "12", 6),
        ("ticket", "choice", "bounds", "10..19", 10),
        ("ratio", "choice", "bounds", "1..2", 5),
        ("code", "choice", "search", "code 249", 11),
        ("city", "choice", "values", "city 9", 9),
        ("city", None, "search", "city 309", 8),
        ("city", None, "search", "CÍTY 309", 8),
        ("store", None, "bounds", "12..12", 6),
    ],
)
def test_every_filter_leaves_the_rows_that_were_asked(
    figures: Figures, column: str, declared: str | None, way: str, text: str, rows: int
) -> None:
    offers, remarks = offers_of(
        page({"column": column, "as": declared} if declared else column), figures
    )
    (offer,) = offers
    assert offer.form[1].startswith(way)
    assert bool(remarks) == (declared == "choice" and way != "values")
    assert all("2,000" in remark for remark in remarks)
    chosen = page_filters(offers, Formats.of(Dashboard()), lambda: None)
    chosen[0].set([text])
    assert figures.count("stores", Query(conditions(chosen))) == rows
