"""What a wrong declaration is told: every problem at once, each at its place and in words a user knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.declaration.loader import load
from medallion.declaration.models import Declaration
from medallion.errors import DeclarationError

METRICS = "'count', 'count_distinct', 'sum', 'mean', 'min', 'max', 'median', 'stddev', 'variance', 'first' or 'last'"
SHOP = """\
name: shop
tables:
  bronze:
    orders: {source: data/orders.csv}
  silver:
    orders:
      from: bronze.orders
      steps:
        - deduplicate: {key: order_id, keep: last}
        - fill: {amount: 0}
      expect:
        - {between: {amount: [0, 100]}, on_fail: quarantine}
  gold:
    best: {from: silver.orders}
"""
NO_NAME = "is not a valid name; write letters, digits and '_', a letter first"
LATER = "'gold.best' is of a later layer; data only moves forward"
BESIDE = (
    "a table with `source` keeps its files unchanged; write this in a table that reads `from` it"
)


def problems(folder: Path, text: str) -> list[tuple[str, str]]:
    path = folder / "medallion.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        load(path)
    return [
        (problem.place.removeprefix(f"{path}:"), problem.message)
        for problem in caught.value.problems
    ]


def test_what_the_others_change_is_right(tmp_path: Path) -> None:
    path = tmp_path / "medallion.yaml"
    path.write_text(SHOP, encoding="utf-8")
    assert load(path)[0].names() == ["bronze.orders", "silver.orders", "gold.best"]


@pytest.mark.parametrize(
    ("right", "wrong", "place", "message"),
    [
        ("name: shop", "name: my shop", "1:7", f"'my shop' {NO_NAME}"),
        ("name: shop", "name: 12", "1:7", "must be text; put it in quotes"),
        ("name: shop\n", "", "1:1", "'name' is required"),
        ("name: shop", "name: shop\nlake: ''", "2:7", "must not be empty"),
        ("name: shop", "name: shop\nlayers: [bronze, silver, gold]", "2:9", "must be a mapping"),
        ("name: shop", "name: shop\nlayers: {}", "2:9", "must not be empty"),
        (
            "name: shop",
            "name: shop\nlayers: {bronze: raw, silver: parquet, gold: {type: parquet, retain: 0}}",
            "2:70",
            "must be at least 1, not 0",
        ),
        (
            "name: shop",
            "name: shop\nengine: {type: duckdb, threads: many}",
            "2:33",
            "must be a whole number, not 'many'",
        ),
        ("    best: {from", "    a-b: {from", "14:10", f"'a-b' {NO_NAME}"),
        ("keep: last", "keep: latest", "9:46", "must be 'first' or 'last', not 'latest'"),
        ("keep: last", "order: id", "9:40", "unknown key; did you mean 'order_by'?"),
        ("key: order_id, keep: last", "key: [], keep: last", "9:30", "must not be empty"),
        ("fill: {amount: 0}", "trim: false", "10:17", "must be a list"),
        (
            "fill: {amount: 0}",
            "cast: {amount: {dat: iso}}",
            "10:18",
            "unknown key 'dat'; did you mean 'date'?",
        ),
        (
            "fill: {amount: 0}",
            "pivot: {name: id, values: [a], value: amount, metric: quantile}",
            "10:65",
            f"must be {METRICS}, not 'quantile'",
        ),
        ("fill: {amount: 0}", "cast: [amount]", "10:17", "must be a mapping"),
        (
            "fill: {amount: 0}",
            "join: {with: bronze.orders, on: id, many: maybe}",
            "10:53",
            "must be true or false, not 'maybe'",
        ),
        (
            "fill: {amount: 0}",
            "fill: {amount: null}",
            "10:26",
            "must be text, true or false, a whole number, a number, a time or a date",
        ),
        ("amount: [0, 100]", "amount: [0]", "12:30", "value 2 is missing"),
        ("from: bronze.orders", "from: gold.best", "7:13", LATER),
        (
            "best: {from: silver.orders}",
            "best: {from: [bronze.orders, silver.orders]}",
            "14:18",
            "two tables have the alias 'orders'; write a mapping of alias to full name",
        ),
    ],
)
def test_one_problem(tmp_path: Path, right: str, wrong: str, place: str, message: str) -> None:
    assert right in SHOP
    assert problems(tmp_path, SHOP.replace(right, wrong)) == [(place, message)]


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        (
            "from: bronze.orders",
            "form: bronze.orders",
            [("7:7", "unknown key; did you mean 'from'?")],
        ),
        ("{from: silver", "{frm: silver", [("14:12", "unknown key; did you mean 'from'?")]),
        ("{source:", "{sorce:", [("4:14", "unknown key; did you mean 'source'?")]),
        ("cast: {amount: integer}", "cast: {amount: {type: integer, thousand: x}}", None),
    ],
)
def test_a_mistyped_key_that_is_needed(
    tmp_path: Path, right: str, wrong: str, found: list[tuple[str, str]] | None
) -> None:
    if found is None:
        text = SHOP.replace("fill: {amount: 0}", wrong)
        assert [message for _, message in problems(tmp_path, text)] == [
            "unknown key 'thousand'; did you mean 'thousands'?"
        ]
        return
    assert right in SHOP
    assert found[0] in problems(tmp_path, SHOP.replace(right, wrong))


def test_a_mistyped_key_of_a_step_with_a_short_form(tmp_path: Path) -> None:
    found = problems(tmp_path, SHOP.replace("{key: order_id, keep", "{keys: order_id, keep"))
    assert found == [("9:24", "'key' is required"), ("9:25", "unknown key; did you mean 'key'?")]


def test_all_that_is_missing_is_told(tmp_path: Path) -> None:
    found = problems(tmp_path, SHOP.replace("fill: {amount: 0}", "pivot: {by: day}"))
    assert [message for _, message in found] == [
        "'name' is required",
        "'values' is required",
        "'value' is required",
    ]


def test_the_name_is_told_with_the_others(tmp_path: Path) -> None:
    found = problems(tmp_path, SHOP.replace("name: shop", "name: my shop").replace("fill", "fil"))
    assert [place for place, _ in found] == ["1:7", "10:11"]


def test_a_table_of_files_takes_no_steps(tmp_path: Path) -> None:
    found = problems(tmp_path, SHOP.replace("from: bronze.orders", "source: data/orders.csv"))
    assert found == [
        ("7:15", "layer 'silver' is of type 'parquet', which cannot keep source files"),
        ("8:7", BESIDE),
        ("11:7", BESIDE),
    ]


def test_a_table_is_of_files_or_of_tables(tmp_path: Path) -> None:
    found = problems(tmp_path, SHOP.replace("orders: {source", "orders: {from: a.b, source"))
    assert found == [
        ("4:14", "a table has either `source` (files to read) or `from` (tables to read), not both")
    ]


@pytest.mark.parametrize(
    "text", ["name: shop\n", "name: shop\ntables:\n", "name: shop\ntables: {bronze: }\n"]
)
def test_no_table_at_all(tmp_path: Path, text: str) -> None:
    (found,) = problems(tmp_path, text)
    assert found[1].startswith("no table is declared; begin with")


def test_a_name_ends_where_its_line_does() -> None:
    with pytest.raises(ValueError, match="is not a valid name"):
        Declaration.model_validate({"name": "shop\n", "tables": {}})
