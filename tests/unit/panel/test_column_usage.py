"""Which columns of which tables the blocks, filters and searches of pages use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medallion_panel.data.cached_store import CachedStore
from medallion_panel.data.column_usage import cache_columns_of, used_columns
from medallion_panel.section import PageSettings
from tests.unit.panel.conftest import OpenStore
from tests.unit.panel.tables import SmallTable, sink_in

TABLES = {
    "points": SmallTable(
        {
            "id": "int64",
            "word": "text",
            "name": "text",
            "spent": "decimal(9,2)",
            "weight": "float64",
            "day": "date",
            "a(b)": "int64",
            "tags": "list<text>",
        },
        [],
        key=("id",),
    ),
    "few": SmallTable({"n": "int64", "day": "date"}, []),
}


@pytest.fixture
def store(open_store: OpenStore) -> CachedStore:
    return open_store(TABLES)


def page(*blocks: dict[str, Any], filters: tuple[str, ...] = ()) -> PageSettings:
    settings = {"title": "Page", "blocks": blocks, "filters": filters}
    return PageSettings.model_validate(settings)


@pytest.mark.parametrize(
    ("block", "columns"),
    [
        ({"kpi": {"value": "sum(spent)", "over": "month(day)"}}, ("spent", "day")),
        ({"kpi": {"value": "count()"}}, ()),
        ({"kpi": {"value": "mean(spent)", "weight": "weight"}}, ("spent",)),
        ({"kpi": {"value": "sum(spent) / sum(weight)"}}, ("spent", "weight")),
        ({"line": {"x": "day", "y": "count()", "by": "word"}}, ("word", "day")),
        ({"line": {"x": "day", "y": "count()", "multiples": "word"}}, ("word", "day")),
        ({"bar": {"x": "bin(spent, 5)", "y": "max(weight)"}}, ("spent", "weight")),
        ({"bar": {"x": "a(b)", "y": "count()"}}, ("a(b)",)),
        ({"scatter": {"x": "spent", "y": "weight", "by": "word"}}, ("word", "spent", "weight")),
        ({"heatmap": {"x": "word", "y": "year(day)", "value": "count()"}}, ("word", "day")),
        (
            {"pivot": {"rows": "word", "columns": "year(day)", "value": "max(spent)"}},
            ("word", "spent", "day"),
        ),
        ({"map": {"country": "word", "value": "sum(spent)"}}, ("word", "spent")),
        ({"histogram": {"column": "weight"}}, ("weight",)),
        ({"table": {"search": "name", "columns": ["id"], "sort": "spent"}}, ("name",)),
        ({"histogram": {"column": "tags"}}, ()),
        ({"histogram": {"column": "nothing"}}, ()),
    ],
)
def test_columns_of_a_block(
    store: CachedStore, block: dict[str, Any], columns: tuple[str, ...]
) -> None:
    ((kind, settings),) = block.items()
    used = used_columns([page({kind: {"table": "points", **settings}})], store)
    assert used == {"points": columns}


def test_columns_of_all_pages_are_in_the_order_of_the_table(store: CachedStore) -> None:
    pages = [
        page({"histogram": {"table": "points", "column": "weight"}}, filters=("day", "word")),
        page({"kpi": {"table": "points", "value": "sum(spent)"}}, {"markdown": {"text": "x"}}),
        page({"kpi": {"table": "few", "value": "sum(n)"}}),
        page({"kpi": {"table": "gone", "value": "sum(n)"}}),
    ]
    assert used_columns(pages, store) == {
        "points": ("word", "spent", "weight", "day"),
        "few": ("n",),
        "gone": (),
    }


def test_without_a_store_nothing_is_cached(tmp_path: Path) -> None:
    store = CachedStore(sink_in(tmp_path).store())
    pages = [page({"kpi": {"table": "points", "value": "sum(spent)"}})]
    cache_columns_of(pages[0], pages, store)  # the header reports it
    store.uncached.close()
    store.pool.shutdown()
