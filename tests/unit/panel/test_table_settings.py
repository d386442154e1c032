"""Totals and sparklines of tables as they are declared."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from medallion_panel.block_settings import Rows
from medallion_panel.section import Dashboard

LINES = {"title": "Trend", "table": "sales", "by": "product", "x": "month(day)", "y": "sum(price)"}


def test_columns_to_sum_are_metrics_by_column() -> None:
    assert Rows(table="t", totals=["a", "b"]).totals == {"a": "sum(a)", "b": "sum(b)"}  # type: ignore[arg-type]
    assert Rows(table="t", totals="a").totals == {"a": "sum(a)"}  # type: ignore[arg-type]
    assert Rows(table="t", totals={"a": "mean(b)"}).totals == {"a": "mean(b)"}
    assert Rows(table="t", totals=True).totals is True
    assert Rows(table="t").totals is False


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"totals": {"a": "avg(b)"}}, "no metric 'avg"),
        ({"totals": ["b"], "columns": ["a"]}, "'b' has a total or sparklines"),
        ({"sparklines": [LINES], "columns": ["a"]}, "'product' has a total or sparklines"),
    ],
)
def test_what_cannot_be_shown_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Rows(table="t", **settings)


class Declaration:
    """A declaration with two served tables."""

    def served(self) -> list[str]:
        return ["gold.t", "gold.sales"]

    def names(self) -> list[str]:
        return self.served()


def test_check_knows_the_tables_and_columns_of_totals_and_sparklines() -> None:
    table = {"table": "t", "totals": {"a": "sum(b) / sum(c)"}, "sparklines": [LINES]}
    section = Dashboard.model_validate({"pages": [{"title": "P", "blocks": [{"table": table}]}]})
    block = ("pages", 0, "blocks", 0, "table")
    uses = {(use.path, use.tables, use.column) for use in section.column_uses(Declaration())}
    assert {
        *(((*block, "totals", "a"), ("t",), column) for column in "abc"),
        ((*block, "sparklines", 0, "by"), ("t",), "product"),
        ((*block, "sparklines", 0, "by"), ("sales",), "product"),
        ((*block, "sparklines", 0, "x"), ("sales",), "day"),
        ((*block, "sparklines", 0, "y"), ("sales",), "price"),
    } <= uses
    assert list(section.faults(Declaration())) == []
    wrong = {"table": "t", "sparklines": [{**LINES, "table": "sale"}]}
    section = Dashboard.model_validate({"pages": [{"title": "P", "blocks": [{"table": wrong}]}]})
    ((path, message),) = section.faults(Declaration())
    assert path == (*block, "sparklines", 0, "table")
    assert message.startswith("no served table 'sale'")
