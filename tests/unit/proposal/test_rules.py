from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from medallion.proposal.column_types import propose_type
from medallion.proposal.rules import ProposedColumn, key_of, primary_key_of, references_of, rules_of
from tests.unit.proposal.conftest import Column


def proposed(column: Column, **values: Sequence[Any]) -> list[ProposedColumn]:
    columns = [column(each, name) for name, each in values.items()]
    return [ProposedColumn(each, propose_type(each)) for each in columns]


def rules(column: Column, values: Sequence[Any], kind: str) -> list[Any]:
    (each,) = proposed(column, c=values)
    return [rule.setting for rule in rules_of([each]) if rule.kind == kind]


IDS = [str(number) for number in range(100, 140)]


@pytest.mark.parametrize(
    ("table", "names", "key"),
    [
        ("orders", ["customer_id", "order_id"], "order_id"),
        ("orders", ["CustomerId", "Id"], "Id"),
        ("countries", ["region_code", "country_code"], "country_code"),
        ("orders", ["amount", "note"], None),
    ],
)
def test_the_key_is_a_unique_column_that_is_named_for_its_table(
    column: Column, table: str, names: list[str], key: str | None
) -> None:
    found = key_of(table, proposed(column, **dict.fromkeys(names, IDS)))
    assert (found and found[0]) == key


def test_a_key_is_no_object(column: Column) -> None:
    columns = proposed(column, _id=[{"a": n} for n in range(40)])
    assert key_of("orders", columns) is None
    assert primary_key_of(("_id",), columns) is None
    assert key_of("orders", proposed(column, _id=IDS))


def test_a_key_may_have_a_few_duplicates_but_not_many(column: Column) -> None:
    found = key_of("orders", proposed(column, order_id=[*IDS, "100"]))
    assert found
    assert (found[1].fitting, found[1].total, found[1].misfits) == (39, 41, (("100", 2),))
    assert key_of("orders", proposed(column, order_id=IDS * 2)) is None


def test_a_column_that_is_nearly_always_filled_must_be(column: Column) -> None:
    assert rules(column, ["x"] * 199 + [None], "not_null") == [None]
    assert rules(column, ["x"] * 100 + ["N/A"], "not_null") == [None]
    assert rules(column, ["x"] * 90 + [None] * 10, "not_null") == []


def test_amounts_are_not_negative_but_ids_have_no_bounds(column: Column) -> None:
    assert rules(column, ["1.50"] * 199 + ["-1.00"], "between") == [[0, None]]
    assert rules(column, [2.5, 0.0], "between") == [[0, None]]
    assert rules(column, ["1.50", "-1.00"], "between") == []
    assert not [rule for rule in rules_of(proposed(column, order_id=IDS)) if rule.kind == "between"]


def test_few_frequent_texts_are_categories(column: Column) -> None:
    assert rules(column, ["web", "app"] * 60, "one_of") == [["app", "web"]]
    assert rules(column, ["web", "app"] * 60 + ["wbe"], "one_of") == [["app", "web"]]
    assert rules(column, ["web", "app"] * 3, "one_of") == []
    assert rules(column, [f"name {number % 50}" for number in range(1000)], "one_of") == []


def test_addresses_match_a_pattern(column: Column) -> None:
    (pattern,) = rules(column, ["a@b.de"] * 30 + ["nobody"], "matches")
    assert pattern == r"[^@\s]+@[^@\s]+\.[^@\s]+"


@pytest.mark.parametrize("name", ["client_id", "clientId"])
def test_a_column_refers_to_the_key_of_another_table(column: Column, name: str) -> None:
    key = column(IDS, "id")
    columns = proposed(column, **{name: [*IDS, "999"]})
    (rule,) = references_of("orders", columns, {"clients": key})
    assert (rule.column, rule.setting) == (name, "silver.clients.id")
    assert rule.share.misfits == (("999", 1),)
    others = proposed(column, client_id=["7", "8"])
    assert not list(references_of("orders", others, {"clients": key}))
