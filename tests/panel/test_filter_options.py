"""The options of filters: a choice of too many values becomes another filter, with a notice."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from medallion.contracts import Query
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.pages.filter_options import filter_options
from medallion_panel.pages.filters import conditions, page_filters
from medallion_panel.section import Dashboard, PageSettings
from medallion_panel.ui.formats import Formats
from tests.panel.pipelines import published
from tests.unit.panel.tables import FORMATS

ROWS = 2500


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CachedStore:
    stores: dict[str, list[Any]] = {
        "store": [number % 457 for number in range(ROWS)],
        "ticket": [*range(ROWS)],
        "ratio": [number / 4 for number in range(ROWS)],
        "code": [f"code {number}" for number in range(ROWS)],
        "city": [f"city {number % 310}" for number in range(ROWS)],
    }
    pipeline = published(tmp_path_factory.mktemp("stores"), {"stores": pa.table(stores)})
    return CachedStore(pipeline.store())


def page(*filters: Any) -> PageSettings:
    return PageSettings.model_validate(
        {"title": "T", "filters": filters, "blocks": [{"table": {"table": "stores"}}]}
    )


@pytest.mark.parametrize(
    ("column", "declared", "form", "text", "rows"),
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
def test_every_filter_selects_the_right_rows(
    store: CachedStore, column: str, declared: str | None, form: str, text: str, rows: int
) -> None:
    all_options, remarks = filter_options(
        page({"column": column, "as": declared} if declared else column), store, FORMATS.say
    )
    (options,) = all_options
    assert options.form[1].startswith(form)
    assert bool(remarks) == (declared == "choice" and form != "values")
    assert all("2,000" in remark for remark in remarks)
    filters = page_filters(all_options, Formats.of(Dashboard()), lambda: None)
    filters[0].set([text])
    assert store.count("stores", Query(conditions(filters))) == rows
