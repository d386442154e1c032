"""The groups of served tables in the menu."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from medallion.records import Served
from medallion_panel.pages.table_groups import table_groups

SALES = ("orders", "refunds", "invoices", "prices")
HR = ("staff", "leave", "payroll", "teams")


def served(names: Iterable[str], layer: str = "gold") -> dict[str, Served]:
    return {
        name: Served(table=f"{layer}.{name}", name=name, snapshot="one", rows=1, columns=())
        for name in names
    }


def prefixed(prefix: str, names: Iterable[str]) -> list[str]:
    return [f"{prefix}_{name}" for name in names]


def test_tables_of_several_layers_are_grouped_by_layer() -> None:
    tables = {**served(["orders", "clients"]), **served(["raw_orders"], "silver")}
    assert table_groups(tables) == {"orders": "gold", "clients": "gold", "raw_orders": "silver"}


@pytest.mark.parametrize("common", ["", "shop_"])
def test_many_tables_are_grouped_by_the_first_word_that_differs(common: str) -> None:
    sales, hr = (
        prefixed(f"{common}{group}", names) for group, names in (("sales", SALES), ("hr", HR))
    )
    tables = served([*sales, *hr, f"{common}sales", f"{common}calendar"])
    groups = table_groups(tables)
    assert groups == {
        **dict.fromkeys([*sales, f"{common}sales"], "sales"),
        **dict.fromkeys(hr, "hr"),
    }


def test_eight_tables_and_names_without_common_words_have_no_groups() -> None:
    assert table_groups(served([*prefixed("sales", SALES), *prefixed("hr", HR)])) == {}
    assert table_groups(served(["a", "b", "c", "d", "e", "f", "g", "h", "i_j"])) == {}
    assert table_groups({}) == {}
