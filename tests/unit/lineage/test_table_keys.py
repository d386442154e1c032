"""The key of a table, from its sink, its rules, its steps or the table its rows come from."""

from __future__ import annotations

from typing import Any

import pytest

from medallion.declaration.models import Declaration
from medallion.lineage.table_keys import table_key

AGGREGATE = {"aggregate": {"by": "shop", "metrics": {"sales": "count()"}}}


def declared(silver: dict[str, Any], gold: dict[str, Any] | None = None) -> Declaration:
    return Declaration.model_validate(
        {
            "name": "shop",
            "tables": {
                "bronze": {"sales": {"source": "sales.csv"}},
                "silver": {"sales": {"from": "bronze.sales", **silver}},
                "gold": {"sales": {"from": "silver.sales", **(gold or {})}},
            },
            "sinks": {"serving": {"url": "sqlite:shop.db"}},
        }
    )


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({}, ()),
        ({"steps": [{"deduplicate": {"key": "id"}}, "trim"]}, ("id",)),
        ({"steps": [AGGREGATE]}, ("shop",)),
        ({"steps": [{"deduplicate": {"key": "id"}}, AGGREGATE]}, ("shop",)),
        ({"steps": [{"history": {"key": "id", "at": "day"}}]}, ("id", "valid_from")),
        (
            {"steps": [{"history": {"key": "id", "at": "day", "whole": True}}, "trim"]},
            ("id", "valid_from"),
        ),
        ({"steps": [{"aggregate": {"metrics": {"sales": "count()"}}}]}, ()),
        ({"steps": [{"deduplicate": {"key": "id"}}, {"sql": "select 1 as a"}]}, ()),
        ({"steps": [{"deduplicate": {"key": "id"}}, {"explode": "tags"}]}, ()),
        ({"expect": [{"unique": ["shop", "day"]}], "steps": [AGGREGATE]}, ("shop", "day")),
        ({"expect": [{"unique": "day", "on_fail": "warn"}], "steps": [AGGREGATE]}, ("shop",)),
    ],
)
def test_rules_come_before_the_last_step_that_leaves_one_row_of_each_key(
    table: dict[str, Any], key: tuple[str, ...]
) -> None:
    declaration = declared(table)
    assert table_key(declaration, "silver.sales") == key
    assert table_key(declaration, "gold.sales") == key  # its rows are those of silver.sales


def test_the_key_of_a_sink_comes_first() -> None:
    declaration = declared({"steps": [AGGREGATE]})
    sink = {"url": "sqlite:shop.db", "tables": {"sales": {"key": ["day", "id"]}}}
    keyed = Declaration.model_validate(
        {"name": "shop", "tables": declaration.tables, "sinks": {"serving": sink}}
    )
    assert table_key(keyed, "gold.sales") == ("day", "id")
    assert table_key(keyed, "silver.sales") == ("shop",)


def test_source_files_and_removed_tables_have_none() -> None:
    assert table_key(declared({}), "bronze.sales") == ()
    assert table_key(declared({}), "gold.gone") == ()
