"""What a visitor explores, as in a URL: validated part by part, and complete."""

from __future__ import annotations

from typing import Any

import pytest

from medallion.errors import CallError
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.pages.explore_query import (
    ExploreQuery,
    can_filter,
    chart_of,
    chart_problem,
    explore_query,
    first_look,
)
from tests.unit.panel.conftest import OpenStore
from tests.unit.panel.tables import FORMATS, SmallTable
from tests.unit.panel.test_column_roles import ODD

SAY = FORMATS.say
ODD_NAMES = SmallTable({"table": "text", "a(b)": "int64"}, [("x", 1), ("y", 2)])


@pytest.fixture
def store(open_store: OpenStore) -> CachedStore:
    return open_store({"sales": ODD, "odd": ODD_NAMES})


def test_a_query_is_read_as_it_is_written(store: CachedStore) -> None:
    query = ExploreQuery(
        "sales",
        ("sum(revenue)", "count_distinct(client_id)", "sum(revenue) / count()"),
        ("quarter(sold)", "land"),
        "bar",
        ("land", "sold"),
    )
    assert explore_query(query.parameters(), store, SAY) == (query, [])
    assert explore_query(ExploreQuery("odd", by=("a(b)",)).parameters(), store, SAY)[0].by == (
        "a(b)",
    )


@pytest.mark.parametrize(
    ("parameters", "notice"),
    [
        ({"table": ["salse"]}, "There is no table “salse”; did you mean 'sales'?"),
        ({"measure": ["sum(land)"]}, "“sum(land)” is left out: figure: sum asks a number"),
        ({"measure": ["sum(revenu)"]}, "no column 'revenu'; did you mean 'revenue'?"),
        ({"measure": ["drop table"]}, "no metric 'drop table'"),
        ({"by": ["hour(sold)"]}, "cannot group by 'hour'"),
        ({"by": ["tags"]}, "which cannot be grouped by"),
        ({"by": ["sold", "month(sold)"]}, "“month(sold)” is left out: 'sold' would be two columns"),
        ({"by": ["bin(revenue, 0)"]}, "need a width above 0"),
        ({"chart": ["pie"]}, "There is no chart “pie”"),
        ({"chart": ["heatmap"], "by": ["land"]}, "A heat map needs two dimensions."),
        ({"filter": ["tags"]}, "no filter on 'tags'"),
        ({"by": ["land", "paid", "name", "month", "sold"]}, "Only the first 4 of `by` are used."),
    ],
)
def test_what_is_not_valid_is_left_out_with_a_notice(
    store: CachedStore, parameters: Any, notice: str
) -> None:
    query, notices = explore_query({"table": ["sales"], **parameters}, store, SAY)
    assert notice in " ".join(notices)
    assert query.table == "sales" or parameters.get("table")
    assert explore_query(query.parameters(), store, SAY) == (query, [])


def test_a_first_look_has_times_and_categories(store: CachedStore) -> None:
    query, notices = explore_query({"table": ["sales"]}, store, SAY)
    assert query == first_look(store, "sales")
    assert query == ExploreQuery(
        "sales",
        ("count()", "sum(revenue)"),
        ("sold_quarter",),
        "",
        ("sold_quarter", "land", "paid"),
    )
    assert chart_of(query, store) == "line"
    assert notices == []


def test_steps_get_a_width_by_the_values(store: CachedStore) -> None:
    query, notices = explore_query({"table": ["sales"], "by": ["bin(pieces, auto)"]}, store, SAY)
    assert (query.by, notices) == (("bin(pieces, 5)",), [])


@pytest.mark.parametrize(
    ("by", "measures", "chart"),
    [
        ((), ("count()",), "table"),
        (("land",), ("mean(rating)",), "bar"),
        (("week(seen)",), ("count()",), "line"),
        (("land", "day(seen)"), ("count()",), "line"),
        (("land", "paid"), ("sum(pieces)",), "bar"),
        (("land", "paid"), ("mean(rating)",), "heatmap"),
        (("land", "paid", "month"), ("count()",), "table"),
        (("bin(pieces, 5)",), ("count()",), "bar"),
    ],
)
def test_the_chart_suits_the_dimensions(
    store: CachedStore, by: Any, measures: Any, chart: str
) -> None:
    assert chart_of(ExploreQuery("sales", measures, by), store) == chart


@pytest.mark.parametrize(
    ("chart", "by", "problem"),
    [
        ("line", (), "one or two"),
        ("map", ("pieces",), "a text with countries"),
        ("histogram", ("land",), "a number"),
        ("histogram", ("bin(pieces, 5)",), "a number"),
        ("scatter", ("land", "pieces"), "two dimensions that are numbers"),
        ("scatter", ("pieces", "weight", "month(sold)"), "as they are"),
        ("scatter", ("pieces", "weight", "land"), ""),
        ("map", ("land",), ""),
        ("histogram", ("pieces",), ""),
        ("area", ("month(sold)", "land"), ""),
    ],
)
def test_a_chart_that_cannot_show_a_query_says_why(
    store: CachedStore, chart: str, by: Any, problem: str
) -> None:
    text = chart_problem(ExploreQuery("sales", by=by, chart=chart), store, SAY)
    assert problem in text if problem else not text


def test_a_column_with_the_name_of_a_parameter_has_no_control(store: CachedStore) -> None:
    assert not can_filter(store, "odd", "table")
    assert can_filter(store, "odd", "a(b)")
    assert not can_filter(store, "sales", "gone")


def test_a_release_without_tables_is_reported(open_store: OpenStore) -> None:
    with pytest.raises(CallError, match="serves no table"):
        explore_query({}, open_store({}), SAY)
