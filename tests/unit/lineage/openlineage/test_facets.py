"""Assertions say of each rule whether all rows met it."""

from __future__ import annotations

from typing import Any

import pytest

from medallion.contracts import Expectation
from medallion.declaration.models import Table
from medallion.lineage.openlineage.facets import assertions_facet, rule_columns
from medallion.records import StepRun, Tally


def results(expect: list[Any], **fields: Any) -> list[tuple[str, bool]]:
    table = Table.model_validate({"from": "bronze.t", "expect": expect})
    step = StepRun.model_validate({"table": "silver.t", "action": "computed", "why": "", **fields})
    facet: Any = assertions_facet(table, step)["dataQualityAssertions"]
    return [(each.name, each.success) for each in facet.assertions]


def tally(rows: int, **reasons: int) -> Tally:
    bad = sum(reasons.values())
    names = {name.replace("__", " "): size for name, size in reasons.items()}
    return Tally(
        label="", rows_in=rows + bad, kept=rows, quarantined=bad, rows_out=rows, reasons=names
    )


def test_rules_of_one_kind_are_distinguished_by_their_columns() -> None:
    expect = [
        {"not_null": "a", "on_fail": "quarantine"},
        {"not_null": "b", "on_fail": "quarantine"},
        {"unique": ["a", "b"], "on_fail": "drop"},
        {"expression": "a > 0", "on_fail": "drop"},
    ]
    reasons = {"not_null__b": 2, "unique__a, b": 1}
    assert results(expect, tallies=[tally(3, **reasons)]) == [
        ("not_null a", True),
        ("not_null b", False),
        ("unique a, b", False),
        ("expression (a > 0)", True),
    ]


def test_rules_that_warn_or_fail_are_found_in_what_was_recorded() -> None:
    expect = [
        {"not_null": "a", "on_fail": "warn"},
        {"not_null": "b", "on_fail": "warn"},
        {"not_null": "c"},
        {"between": {"c": [0, 1]}},
    ]
    said = "rows violate it, the first with"
    fields = {
        "warnings": [f"not_null: 2 {said} b = None"],
        "error": f"silver.t: between: 2 {said} c = 7",
    }
    assert [success for _, success in results(expect, **fields)] == [True, False, True, False]


def test_figures_of_a_table_are_judged_again() -> None:
    """Two gates of one kind and severity differ only in their bounds."""
    expect = [{"row_count": {"at_least": 3}}, {"row_count": {"at_least": 4}}]
    said = ["row_count: 3 rows, fewer than 4"]
    assert [success for _, success in results(expect, tallies=[tally(3)], warnings=said)] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("rule", "columns"),
    [
        ({"not_null": ["a", "b"]}, ("a", "b")),
        ({"between": {"a": [0, 1]}}, ("a",)),
        ({"expression": "a > 0"}, ()),
        ({"row_count": {"at_least": 1}}, ()),
    ],
)
def test_rule_columns(rule: dict[str, Any], columns: tuple[str, ...]) -> None:
    (built,) = Table.model_validate({"from": "bronze.t", "expect": [rule]}).expect
    assert isinstance(built, Expectation)
    assert rule_columns(built) == columns
