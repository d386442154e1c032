"""Every figure of the examples is that of the source records behind it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

import medallion as md
from medallion.errors import CallError
from medallion.lineage.origins import Origins

EXAMPLES = Path(__file__).parents[2] / "examples"
REVENUE = {
    "gold.product_stats": ("revenue", "silver.purchases"),
    "gold.monthly_stats": ("revenue", "silver.purchases"),
    "gold.country_stats": ("revenue", "silver.purchases"),
    "gold.sales": ("revenue", "silver.purchases"),
    "gold.clients_stats": ("total_spent", "silver.purchases"),
    "gold.summary": ("revenue", "silver.purchases"),
}
KEYS = {
    "gold.product_stats": ["product"],
    "gold.monthly_stats": ["month"],
    "gold.country_stats": ["country"],
    "gold.sales": ["month", "weekday", "product"],
    "gold.clients_stats": ["client_id"],
    "gold.summary": [],
}
CELLS = 4  # of each table


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(EXAMPLES / "shop" / "data", folder / "data")
    shutil.copy(EXAMPLES / "shop" / "medallion.yaml", folder)
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    return pipeline


def identities(origins: Origins) -> list[tuple[str, str, int]]:
    return sorted(origins.records().project('"table", file, record').fetchall())


def cells(shop: md.Pipeline, table: str) -> Iterator[tuple[str, Decimal]]:
    """Conditions that choose a row each, and its revenue."""
    keys = KEYS[table]
    names = ", ".join([*keys, REVENUE[table][0]])
    rows = shop.lake.table(table).select().order("hash(" + names + ")").project(names)
    for *values, revenue in rows.limit(CELLS).fetchall():
        tests = [
            f"{key} is null" if value is None else f"{key} = '{value}'"
            if isinstance(value, str) else f"{key} = {value}"
            for key, value in zip(keys, values, strict=True)
        ]  # fmt: skip
        yield " and ".join(tests) or "true", revenue


def test_the_test_knows_all_gold_tables(shop: md.Pipeline) -> None:
    names = [name for name in shop.declaration.names() if name.startswith("gold.")]

    assert sorted(REVENUE) == sorted(names)


@pytest.mark.parametrize("table", REVENUE)
def test_the_sum_of_the_traced_rows_is_the_cell(shop: md.Pipeline, table: str) -> None:
    for where, revenue in cells(shop, table):
        origins = shop.why(table, where)
        assert origins.exact
        assert origins.rows == 1
        total = 0
        if "silver.purchases" in origins.tables:
            ((total,),) = origins.rows_of("silver.purchases").aggregate("sum(amount)").fetchall()
        assert (total or 0) == revenue


@pytest.mark.parametrize("table", REVENUE)
def test_all_rows_lead_to_all_kept_purchases(shop: md.Pipeline, table: str) -> None:
    kept = identities(shop.why("silver.purchases"))
    traced = [each for each in identities(shop.why(table)) if each[0] == "bronze.purchases"]

    assert len(kept) == shop.lake.table("silver.purchases").snapshot.rows
    assert traced == kept


def test_a_column_leads_to_the_tables_that_it_is_made_of(shop: md.Pipeline) -> None:
    where = "country = 'France'"
    revenue = shop.why("gold.country_stats", where, column="revenue")
    country = shop.why("gold.country_stats", where, column="country")

    assert {each.table for each in revenue.files} == {"bronze.purchases"}
    assert revenue.columns is not None
    assert revenue.columns["bronze.purchases"] == ("amount",)
    assert {each.table for each in country.files} == {"bronze.clients"}
    assert {row["table"] for row in revenue.removed_counts} == {"silver.purchases"}
    with pytest.raises(CallError, match=r"no column 'revenu'"):
        shop.why("gold.country_stats", column="revenu")


def test_the_records_give_the_amounts_that_were_summed(shop: md.Pipeline) -> None:
    """Brute force: from the text of the records alone."""
    origins = shop.why("gold.country_stats", "country = 'France'")
    rows = origins.records().filter("\"table\" = 'bronze.purchases'").to_arrow_table()
    connection = duckdb.connect()
    connection.register("records", rows)
    (total,) = connection.sql(
        "select sum(trim(\"row\"->>'amount')::decimal(12,2)) from records"
    ).fetchall()[0]
    (revenue,) = (
        shop.lake.table("gold.country_stats")
        .select(where="country = 'France'", columns=["revenue"])
        .fetchall()[0]
    )

    assert total == revenue
