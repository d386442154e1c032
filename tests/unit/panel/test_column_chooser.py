"""The choice of a table's columns: among those it has, all of them without a choice."""

from __future__ import annotations

from medallion_panel.blocks.column_chooser import ColumnChooser
from medallion_panel.ui.print_layout import NOT_PRINTED
from tests.unit.panel.tables import FORMATS

COLUMNS = ("day", "country", "revenue")


def chooser() -> tuple[ColumnChooser, list[int]]:
    """A chooser, and a list that grows when a visitor chooses."""
    changes: list[int] = []
    return ColumnChooser(FORMATS, lambda: changes.append(1)), changes


def test_without_a_choice_all_columns_are_shown() -> None:
    choice, changes = chooser()
    assert not choice.view.visible
    choice.offer(COLUMNS)
    assert choice.view.options == [["day", "Day"], ["country", "Country"], ["revenue", "Revenue"]]
    assert (choice.view.visible, choice.shown(COLUMNS), choice.texts()) == (True, COLUMNS, [])
    assert changes == []


def test_columns_of_a_url_are_chosen_in_the_order_of_the_table() -> None:
    choice, changes = chooser()
    assert choice.set(["revenue", "x", "day", "y"], COLUMNS) == ["x", "y"]
    assert choice.texts() == ["day", "revenue"]
    assert choice.shown(COLUMNS) == ("day", "revenue")
    assert choice.set(["revenue", "day", "country"], COLUMNS) == []
    assert choice.texts() == []
    assert changes == []


def test_a_choice_stays_where_another_release_has_its_columns() -> None:
    choice, changes = chooser()
    choice.set(["day", "country"], COLUMNS)
    assert choice.shown(("country", "visits")) == ("country",)
    choice.offer(("country", "visits"))
    assert (choice.texts(), choice.view.value) == (["country"], ["country"])
    assert choice.shown(("visits", "day")) == ("visits", "day")
    choice.view.value = ["visits"]
    assert changes == [1]


def test_a_table_of_one_column_has_no_choice_and_none_is_printed() -> None:
    choice, _ = chooser()
    choice.offer(("day",))
    assert not choice.view.visible
    assert NOT_PRINTED in choice.view.stylesheets


def test_columns_that_would_look_alike_have_their_names() -> None:
    choice, _ = chooser()
    choice.offer(("net_sales", "net sales"))
    assert choice.view.options == [["net_sales", "net_sales"], ["net sales", "net sales"]]
