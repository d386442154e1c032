"""`change`: what may differ from the last release."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from medallion.contracts import TableFigures
from medallion.expectations.change import Change
from medallion.plugins import EXPECTATIONS, build


def figures(rows: int, **sums: Any) -> TableFigures:
    return TableFigures(rows, sums)


def said(limits: dict[str, Any], former: TableFigures, latter: TableFigures) -> str | None:
    rule = build(EXPECTATIONS, {"change": limits})
    assert isinstance(rule, Change)
    return rule.change_verdict(former, latter)


def test_a_share_of_the_former_figure_in_either_direction() -> None:
    limits = {"revenue": {"at_most": "20%"}}
    former = figures(1, revenue=Decimal("1000.00"))
    assert said(limits, former, figures(1, revenue=Decimal("1200.00"))) is None
    assert said(limits, former, figures(1, revenue=Decimal("800.00"))) is None
    assert said(limits, former, figures(1, revenue=Decimal("799.99"))) == (
        "revenue fell by 20.00 %, from 1,000 to 799.99, and may by at most 20%"
    )
    assert "rose by 20.00 %" in str(said(limits, former, figures(1, revenue=Decimal("1200.01"))))


def test_one_direction_and_absolute_amounts() -> None:
    drop = {"rows": {"drop_at_most": "5%"}}
    assert said(drop, figures(100), figures(1000)) is None
    assert said(drop, figures(100), figures(95)) is None
    assert said(drop, figures(100), figures(94)) == (
        "rows fell by 6.00 %, from 100 to 94, and may by at most 5%"
    )
    rise = {"rows": {"rise_at_most": 10}}
    assert said(rise, figures(100), figures(110)) is None
    assert "from 100 to 111, and may by at most 10" in str(said(rise, figures(100), figures(111)))


def test_all_figures_that_changed_too_much_are_named() -> None:
    limits = {"rows": {"at_most": 0}, "amount": {"at_most": "0%"}}
    text = said(limits, figures(1, amount=1.5), figures(2, amount=1.25))
    assert text is not None
    assert text.split("; ")[0].startswith("rows rose by 100.00 %, from 1 to 2")
    assert text.split("; ")[1].startswith("amount fell by 16.67 %, from 1.50 to 1.25")


def test_from_zero_every_share_is_too_much_and_the_same_is_no_change() -> None:
    limits = {"amount": {"at_most": "20%"}}
    assert said(limits, figures(1, amount=0), figures(1, amount=0)) is None
    assert said(limits, figures(1, amount=0), figures(1, amount=1)) == (
        "amount rose, from 0 to 1, and may by at most 20%"
    )
    assert said(limits, figures(1, amount=-100), figures(1, amount=-119)) is None
    assert "fell by 21.00 %" in str(said(limits, figures(1, amount=-100), figures(1, amount=-121)))


def test_what_is_no_finite_number_may_not_change() -> None:
    limits = {"amount": {"at_most": "20%"}}
    infinite = figures(1, amount=float("inf"))
    assert said(limits, infinite, infinite) is None
    assert said(limits, figures(1, amount=1.0), infinite) == "amount changed from 1 to Infinity"
    assert said(limits, figures(1, amount=None), infinite) is None


def test_rows_of_a_table_do_not_depend_on_it() -> None:
    rule = build(EXPECTATIONS, {"change": {"rows": {"at_most": 3}, "a": {"at_most": "5.5 %"}}})
    assert isinstance(rule, Change)
    assert rule.summed_columns() == ("a",)
    assert rule.limits["a"].at_most == "5.5%"


@pytest.mark.parametrize(
    "limits",
    [{}, {"a": {}}, {"a": {"at_most": "x"}}, {"a": {"at_most": -1}}, {"a": {"most": 1}}],
)
def test_a_limit_is_needed_and_is_a_share_or_a_number(limits: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Change(limits=limits)
