"""Code for groups computes the groups of the page: Python, curl against the API, SQL on the lake."""

from __future__ import annotations

import shlex
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import duckdb
import pytest

import medallion as md
from medallion.contracts import Filter
from medallion_panel.block_settings import Groups
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.group_snippets import group_snippets
from medallion_panel.blocks.groups_page import GroupsPage
from medallion_panel.data.cached_store import CachedStore
from tests.panel.pipelines import published
from tests.unit.panel.tables import FORMATS
from tests.unit.panel.test_mark_question import TABLE

BLOCK = Groups(
    table="t",
    by=("land", "month(day)"),
    metrics=("count()", "sum(money)", "quantile(part, 0.5)", "count_distinct(shop)"),
    sort="-sum(money)",
)
FILTERS = (Filter("land", "in", ("France", "O'Neill's")), Filter("money", "gte", 5))


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    return published(tmp_path_factory.mktemp("code"), {"t": TABLE}, {"t": "id"})


@pytest.fixture
def page(pipeline: md.Pipeline, monkeypatch: pytest.MonkeyPatch) -> GroupsPage:
    for name in ("MEDALLION_API_URL", "MEDALLION_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    store = CachedStore(pipeline.store())
    page = GroupsPage.read(BLOCK, BlockContext(store, FORMATS, FILTERS))
    store.pool.shutdown()
    return page


def text_of(page: GroupsPage, title: str) -> str:
    (text,) = [each["text"] for each in group_snippets(page) if each["title"].startswith(title)]
    return text


@pytest.mark.parametrize("title", ["Python", "pandas"])
def test_the_python_code_gives_the_groups_of_the_page(
    page: GroupsPage, pipeline: md.Pipeline, monkeypatch: pytest.MonkeyPatch, title: str
) -> None:
    monkeypatch.chdir(pipeline.base)
    names: dict[str, Any] = {}
    exec(text_of(page, title), names)  # noqa: S102 (the code that visitors copy)
    assert names["rows"] == page.rows
    if title == "pandas":
        assert list(names["frame"].columns) == page.names
        assert list(names["frame"]["sum_money"]) == [row["sum_money"] for row in page.rows]


def test_the_sql_gives_the_groups_of_the_page(
    page: GroupsPage, pipeline: md.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pipeline.base)
    comment, _, sql = text_of(page, "SQL").partition("\n")
    names: dict[str, Any] = {"md": md}
    exec(comment.removeprefix("-- "), names)  # noqa: S102
    with duckdb.connect() as connection:
        connection.register("t", names["t"])
        groups = connection.execute(sql).fetchall()
    assert groups == [tuple(row.values()) for row in page.rows]


def test_the_command_asks_the_api_for_the_same_query(page: GroupsPage) -> None:
    url = urlsplit(shlex.split(text_of(page, "curl"))[-1])
    assert url.path == "/groups/t"
    assert dict(parse_qsl(url.query)) == {
        "by": "land,month(day)",
        "metrics": (
            'count:count(),sum_money:sum(money),"quantile_part_0_5:quantile(part, 0.5)",'
            "count_distinct_shop:count_distinct(shop)"
        ),
        "land__in": "France,O'Neill's",
        "money__gte": "5",
        "sort": "-sum_money",
        "limit": "1000",
    }
