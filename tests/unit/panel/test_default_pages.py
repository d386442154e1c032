"""Pages of a dashboard without declared pages, by the columns of the tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from medallion_panel.pages.default_pages import default_pages, with_quarantine
from medallion_panel.section import PageSettings
from tests.unit.panel.conftest import OpenStore
from tests.unit.panel.tables import SAY, SmallTable

SALES = SmallTable(
    {
        "sale_id": "int64",
        "month": "text",
        "country": "text",
        "name": "text",
        "rate": "float64",
        "visits": "int64",
        "revenue": "decimal(12,2)",
        "tags": "list<text>",
    },
    [
        (
            number,
            f"2023-0{1 + number % 2}",
            ("IE", "DE")[number % 2],
            f"Name {number}",
            0.5,
            1,
            Decimal(number),
            None,
        )
        for number in range(50)
    ],
    key=("sale_id",),
)


@pytest.fixture
def page(open_store: OpenStore) -> PageSettings:
    return default_pages(open_store({"shop_sales": SALES}), SAY)[0]


def test_a_page_for_every_table_and_one_on_the_data(open_store: OpenStore) -> None:
    small = SmallTable({"day": "date"}, [(date(2023, 1, 1),), (date(2023, 1, 2),)])
    pages = default_pages(open_store({"shop_sales": SALES, "other": small}), SAY)
    assert [page.title for page in pages] == ["Overview", "Shop sales", "Other", "Data"]
    overview = pages[0]
    assert [(block.kpi.title, block.kpi.width) for block in overview.blocks if block.kpi] == [
        ("Shop sales", 6),
        ("Other", 6),
    ]
    lines = [
        (block.line.title, block.line.x, block.line.y) for block in overview.blocks if block.line
    ]
    assert lines == [
        ("Shop sales: Revenue", "month", "sum(revenue)"),
        ("Other: Rows", "day(day)", "count()"),
    ]
    kinds = [block.kind for block in pages[-1].blocks]
    assert kinds == ["quality", "freshness", "changes", "runs"]


def test_figures_are_sums_of_what_adds_up(page: PageSettings) -> None:
    kpis = [block.kpi for block in page.blocks if block.kpi]
    assert [(kpi.title, kpi.value, kpi.over) for kpi in kpis] == [
        ("Rows", "count()", None),
        ("Visits", "sum(visits)", "month"),
        ("Revenue", "sum(revenue)", "month"),
        ("Mean of Rate", "mean(rate)", "month"),
    ]


def test_charts_are_of_the_main_figure_by_period_and_category(page: PageSettings) -> None:
    charts = [
        (block.kind, block.content.title) for block in page.blocks if block.kind not in ("kpi",)
    ]
    assert charts == [
        ("line", "Revenue by Month"),
        ("map", "Revenue by Country"),
        ("bar", "Revenue by Country"),
        ("histogram", "Distribution of Revenue"),
        ("rows", "Rows"),
    ]
    heights = {block.content.height for block in page.blocks if block.kind in ("map", "bar")}
    assert len(heights) == 1  # next to each other
    (line,) = [block.line for block in page.blocks if block.line]
    assert (line.x, line.y) == ("month", "sum(revenue)")


def test_places_are_points_with_names_and_no_figures(open_store: OpenStore) -> None:
    stations = SmallTable(
        {"code": "text", "name": "text", "lat": "float64", "lng": "float64", "seats": "int64"},
        [("A", "Oslo", 59.9, 10.7, 5), ("B", "Paris", 48.8, 2.3, 9)],
        key=("code",),
    )
    page = default_pages(open_store({"stations": stations}), SAY)[0]
    (points,) = [block.points for block in page.blocks if block.points]
    assert (points.latitude, points.longitude, points.label) == ("lat", "lng", "name")
    assert points.value == "sum(seats)"
    assert [block.kpi.value for block in page.blocks if block.kpi] == ["count()", "sum(seats)"]
    assert [block.bar.x for block in page.blocks if block.bar] == ["name", "code"]


def test_rows_are_not_counted_by_a_column_with_a_value_for_each(open_store: OpenStore) -> None:
    table = SmallTable({"key": "text", "kind": "text"}, [("a", "x"), ("b", "x"), ("c", "y")])
    page = default_pages(open_store({"t": table}), SAY)[0]
    assert [block.bar.title for block in page.blocks if block.bar] == ["Rows by Kind"]


def test_filters_are_categories_and_the_main_figure(page: PageSettings) -> None:
    assert [item.column for item in page.filters] == ["country", "revenue"]


def test_the_table_is_sorted_by_the_main_figure_and_searched_by_a_name(
    page: PageSettings,
) -> None:
    (rows,) = [block.rows for block in page.blocks if block.rows]
    assert (rows.sort, rows.search, rows.detail) == (("-revenue",), "name", True)


def test_every_row_of_a_page_is_full(page: PageSettings, open_store: OpenStore) -> None:
    texts = SmallTable({"a": "text", "b": "text"}, [("x", "p"), ("y", "q"), ("y", "q")])
    for each in (page, default_pages(open_store({"texts": texts}), SAY)[0]):
        left = 12
        for block in each.blocks:
            assert block.content.width <= left
            left = left - block.content.width or 12
        assert left == 12


def test_a_table_without_numbers_counts_rows(open_store: OpenStore) -> None:
    table = SmallTable(
        {"a_id": "int64", "year": "int64", "colour": "text"},
        [(1, 2023, "red"), (2, 2023, "blue"), (3, 2023, "blue")],
    )
    page = default_pages(open_store({"t": table}), SAY)[0]
    assert [block.kind for block in page.blocks] == ["kpi", "kpi", "kpi", "bar", "rows"]
    (bar,) = [block.bar for block in page.blocks if block.bar]
    assert (bar.x, bar.y, bar.width) == ("colour", "count()", 12)
    (rows,) = [block.rows for block in page.blocks if block.rows]
    assert (rows.sort, rows.search, rows.detail) == ((), None, False)


def test_an_empty_table_has_its_rows_only(open_store: OpenStore) -> None:
    page = default_pages(open_store({"t": SmallTable({"a": "text"}, [])}), SAY)[0]
    assert [block.kind for block in page.blocks] == ["kpi", "rows"]
    assert page.filters == ()


def test_a_page_with_rejected_records_is_added_unless_there_is_one(page: PageSettings) -> None:
    (_, added) = with_quarantine((page,), SAY)
    assert (added.title, [block.kind for block in added.blocks]) == ("Quarantine", ["quarantine"])
    assert with_quarantine((page, added), SAY) == (page, added)
    other = page.model_copy(update={"title": "Quarantine!"})
    assert [each.slug for each in with_quarantine((other,), SAY)] == [
        "quarantine",
        "rejected-records",
    ]


def test_many_tables_are_grouped_in_the_menu(open_store: OpenStore) -> None:
    small = SmallTable({"a": "text"}, [("x",)])
    names = ["sales", *(f"sales_{word}" for word in "abcd"), *(f"hr_{word}" for word in "abcd")]
    pages = default_pages(open_store(dict.fromkeys(["other", *names], small)), SAY)
    groups = {page.title: page.group for page in with_quarantine(pages, SAY)}
    assert [groups[title] for title in ("Overview", "Other")] == ["", ""]
    assert [groups[title] for title in ("Sales", "Sales a", "Hr d")] == ["Sales", "Sales", "Hr"]
    assert [groups[title] for title in ("Data", "Quarantine")] == ["Lake", "Lake"]
