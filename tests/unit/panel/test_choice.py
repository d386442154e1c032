"""What a click filters by: the rows of the mark, in words, and in a URL."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from medallion.contracts import Query
from medallion.query.column_types import kind_of
from medallion_panel.blocks import charts, distributions
from medallion_panel.blocks.scatter import scatter
from medallion_panel.blocks.world_map import world_map
from medallion_panel.pages.choice import Choice, choices_in_url, choices_of, last_of
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import FORMATS, SAY, SmallTable, content_of

SALES = SmallTable(
    {"id": "int64", "land": "text", "shop": "text", "day": "date", "money": "decimal(12,2)"},
    [
        (
            number,
            ("France", "O'Neill's", None, "FR", "Japan")[number % 5],
            f"Shop {number % 9}",
            date(2023, 12, 20 + number % 12) if number % 2 else date(2024, 1, 1 + number % 9),
            Decimal(number * 7 % 50) + Decimal("0.25"),
        )
        for number in range(60)
    ],
    key=("id",),
)
KINDS = {name: kind_of(type_) for name, type_ in SALES.types.items()}
SUM = {"table": "t", "y": "sum(money)"}
BLOCKS: list[tuple[Any, str, dict[str, Any]]] = [
    (charts.bar, "bar", {**SUM, "x": "land"}),
    (charts.bar, "bar", {**SUM, "x": "shop", "by": "land"}),
    (charts.bar, "bar", {**SUM, "x": "day"}),
    (charts.line, "line", {**SUM, "x": "month(day)", "by": "land"}),
    (charts.line, "line", {**SUM, "x": "year(day)"}),
    (distributions.heatmap, "heatmap", {"table": "t", "x": "month(day)", "y": "land",
                                        "value": "sum(money)"}),
    (world_map, "map", {"table": "t", "country": "land", "value": "sum(money)"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("draw", "kind", "settings"), BLOCKS, ids=[f"{kind} {each}" for _, kind, each in BLOCKS]
)
def test_the_rows_of_a_choice_give_the_figure_of_the_mark(
    open_context: OpenContext, draw: Any, kind: str, settings: dict[str, Any]
) -> None:
    context = open_context(SALES)
    marks = draw(content_of(**{kind: settings}), context).marks
    write = FORMATS.writer("decimal", short=True)
    assert marks.count > 1
    for number in range(marks.count):
        mark = marks.at(number)
        filters = [each for choice in choices_of(mark.terms, KINDS) for each in choice.filters()]
        assert filters
        (row,) = context.store.group("t", (), {"y": "sum(money)"}, Query(tuple(filters)))
        assert write(row["y"]) == mark.figure


def test_the_rows_of_a_bin_and_of_a_point(open_context: OpenContext) -> None:
    context = open_context(SALES)
    bins = distributions.histogram(
        content_of(histogram={"table": "t", "column": "money", "bins": 7}), context
    ).marks
    points = scatter(content_of(scatter={"table": "t", "x": "id", "y": "money"}), context).marks
    assert bins is not None
    assert points is not None
    for marks, figures in ((bins, None), (points, ["1"] * points.count)):
        for number in range(marks.count):
            mark = marks.at(number)
            filters = [x for choice in choices_of(mark.terms, KINDS) for x in choice.filters()]
            rows = context.store.count("t", Query(tuple(filters)))
            assert str(rows) == (figures[number] if figures else mark.figure)


def test_the_entry_of_a_legend_is_all_values_of_its_series(open_context: OpenContext) -> None:
    context = open_context(SALES)
    block = content_of(bar={**SUM, "x": "land", "by": "shop", "series": 3})
    series = charts.bar(block, context).series  # type: ignore[arg-type]
    assert len(series) == 4
    choices = [choices_of(mark.terms, KINDS)[0] for mark in series]
    values = [value for choice in choices for value in choice.values]
    assert sorted(values) == [f"Shop {number}" for number in range(9)]
    assert choices[0].label(KINDS["shop"], FORMATS).startswith("Shop: Shop ")


CHOICES = [
    (Choice("land", ("a b", "ü")), "Land: a b, ü", {"land__eq": ["a b", "ü"]}),
    (Choice("id", tuple(range(5))), "Id: 0, 1, 2 and 2 more", None),
    (Choice("land"), "Land: No value", {"land__isnull": ["true"]}),
    (Choice("money", (), Decimal("0.5"), Decimal(1)), "Money: 0.50 to 1.00",
     {"money__gte": ["0.5"], "money__lt": ["1"]}),
    (Choice("day", (), date(2024, 2, 1), date(2024, 3, 1)), "Day: Feb 2024",
     {"day__gte": ["2024-02-01"], "day__lt": ["2024-03-01"]}),
    (Choice("day", (), date(2024, 1, 1), date(2025, 1, 1)), "Day: 2024", None),
    (Choice("day", (), date(9999, 1, 1), None), "Day: from 1 Jan 9999", None),
    (Choice("day", (date(2024, 2, 1),)), "Day: 1 Feb 2024", {"day__eq": ["2024-02-01"]}),
]  # fmt: skip


@pytest.mark.parametrize(("choice", "label", "parameters"), CHOICES)
def test_a_choice_in_words_and_in_a_url(choice: Choice, label: str, parameters: Any) -> None:
    written = choice.parameters()
    assert parameters in (None, written)
    assert choices_in_url(written, KINDS, SAY) == ([choice], [])
    assert choice.label(KINDS[choice.column], FORMATS) == label


def test_what_is_invalid_in_a_url_is_reported() -> None:
    choices, notices = choices_in_url(
        {"day__gte": ["soon"], "other": ["1"], "other__eq": ["1"], "land__eq": ["x"]}, KINDS, SAY
    )
    assert choices == [Choice("land", ("x",))]
    assert notices[:2] == [
        "This page has no filter “other”.",
        "This page has no filter “other__eq”.",
    ]
    assert "day" in notices[2]
    assert "soon" in notices[2]


def test_what_cannot_be_a_filter_is_no_choice() -> None:
    kinds = {**KINDS, "list": kind_of("list<text>")}
    for values in ([None, "a"], list(range(101)), []):
        assert choices_of([("land", values)], kinds) == []
    assert choices_of([("list", [["a"]])], kinds) == []
    assert choices_of([("id", [1]), ("list", [["a"]])], kinds) == []


@pytest.mark.parametrize(
    ("choice", "type_", "ends"),
    [
        (Choice("c", (5,)), "int64", (5, 5)),
        (Choice("c", (5, 6)), "int64", None),
        (Choice("c", (), 10, Decimal(20)), "int64", (10, 19)),
        (Choice("c", (), Decimal(1), Decimal("1.5")), "decimal(9,2)", (1, Decimal("1.49"))),
        (Choice("c", (), 1.0, Decimal("1.5")), "float64", None),
        (Choice("c", (), date(2024, 2, 1), date(2024, 3, 1)), "date",
         (date(2024, 2, 1), date(2024, 2, 29))),
        (Choice("c", (), date(9999, 1, 1), None), "date", None),
        (Choice("c", (datetime(2024, 1, 1, tzinfo=UTC),)), "timestamp", None),
        (Choice("c"), "date", None),
    ],
)  # fmt: skip
def test_a_span_as_a_range_that_includes_its_ends(choice: Choice, type_: str, ends: Any) -> None:
    assert last_of(choice, kind_of(type_)) == ends
