"""The page of an explored query: its blocks, and their YAML, which `check` accepts."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

import medallion as md
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.pages.explore_query import OWN, ExploreQuery
from medallion_panel.pages.explore_settings import (
    ExploreSettings,
    explore_settings,
    page_yaml,
    unopened,
)
from medallion_panel.section import PageSettings
from tests.panel.pipelines import published
from tests.unit.panel.tables import FORMATS
from tests.unit.panel.test_mark_question import TABLE

EXPLORE = unopened("explore", "Explore")


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    return published(tmp_path_factory.mktemp("explore"), {"t": TABLE}, {"t": "id"})


@pytest.fixture(scope="module")
def store(pipeline: md.Pipeline) -> Any:
    store = CachedStore(pipeline.store())
    yield store
    store.pool.shutdown()


def settings_of(store: CachedStore, **parts: Any) -> ExploreSettings:
    query = ExploreQuery("t", **parts)
    settings, notices = explore_settings(EXPLORE, query.parameters(), store, FORMATS)
    assert notices == []
    return settings


@pytest.mark.parametrize(
    ("parts", "blocks"),
    [
        (
            {"by": ("month(day)",), "measures": ("sum(money)", "count()")},
            [("line", "Money by Day"), ("line", "Rows by Day"), ("groups", "Figures")],
        ),
        (
            {"by": ("land", "month(day)"), "chart": "bar"},
            [("bar", "Rows by Day and Land"), ("groups", "Figures")],
        ),
        ({"by": ("land",), "chart": "table"}, [("groups", "Figures")]),
        ({"by": ("land",), "chart": "map"}, [("map", "Rows by Land"), ("groups", "Figures")]),
        ({"measures": ("mean(part)",)}, [("kpi", "Mean of Part"), ("groups", "Figures")]),
        ({"by": ("money",), "chart": "histogram"}, [("histogram", "Money"), ("rows", "Rows")]),
        ({"by": ("id", "money", "land"), "chart": "scatter"},
         [("scatter", "Id and Money"), ("rows", "Rows")]),
        (
            {"by": ("land", "shop"), "measures": ("mean(money)",)},
            [("heatmap", "Mean of Money by Land and Shop"), ("groups", "Figures")],
        ),
    ],
)  # fmt: skip
def test_the_blocks_of_a_query_and_their_yaml(
    store: CachedStore, pipeline: md.Pipeline, parts: Any, blocks: Any
) -> None:
    settings = settings_of(store, **parts, filters=("land", "day"))
    assert [(each.kind, each.content.title) for each in settings.blocks] == blocks
    assert settings.parameters == settings.query.parameters()
    assert set(settings.parameters) <= set(settings.own_names) == set(OWN)
    section = yaml.safe_load(page_yaml(settings))
    (page,) = (PageSettings.model_validate(page) for page in section["pages"])
    assert page.blocks == settings.blocks
    assert [each.column for each in page.filters] == ["land", "day"]
    declaration = yaml.safe_load((pipeline.base / "medallion.yaml").read_text())
    config = pipeline.base / "pasted.yaml"
    config.write_text(yaml.safe_dump({**declaration, "dashboard": section}, sort_keys=False))
    assert md.Pipeline.load(config).check().problems == ()
    misspelt = page_yaml(settings).replace("land", "lamd").replace("day", "dya")
    config.write_text(
        yaml.safe_dump({**declaration, "dashboard": yaml.safe_load(misspelt)}, sort_keys=False)
    )
    assert md.Pipeline.load(config).check().problems


def test_a_period_is_on_the_horizontal_axis_and_the_other_dimension_are_series(
    store: CachedStore,
) -> None:
    settings = settings_of(store, by=("land", "week(day)"), measures=("sum(money)",))
    chart = settings.blocks[0].line
    assert chart is not None
    assert (chart.x, chart.by, chart.y, chart.width) == ("week(day)", "land", "sum(money)", 12)


def test_bars_of_names_are_sorted_by_their_figure(store: CachedStore) -> None:
    settings = settings_of(store, by=("shop",), measures=("sum(money)", "count()"))
    bar, groups = settings.blocks[0].bar, settings.blocks[-1].groups
    assert bar is not None
    assert groups is not None
    assert (bar.sort, bar.horizontal, bar.width) == ("-y", True, 6)
    assert groups.sort == "-sum(money)"


def test_the_page_has_no_table_before_it_is_opened() -> None:
    page = unopened("explore-tables", "Explore tables")
    assert (page.slug, page.query.table, page.icon) == ("explore-tables", "", "explore")
