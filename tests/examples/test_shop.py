"""The shop, run as its README says: the figures that its generator counted, everywhere the same."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import medallion as md

SHOP = Path(__file__).parents[2] / "examples/shop"
COUNTS = {
    "clients_stats": 1500, "product_stats": 10, "monthly_stats": 13,
    "country_stats": 9, "sales": 910, "summary": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(SHOP / "data", folder / "data")
    shutil.copy(SHOP / "medallion.yaml", folder)
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    assert pipeline.run().status == "succeeded"
    return pipeline


@pytest.fixture(scope="module")
def expected() -> dict:
    return json.loads((SHOP / "data/expected.json").read_text())


def test_the_tables_have_the_rows_they_should(shop: md.Pipeline) -> None:
    tables = shop.lake.current().tables
    assert (tables["silver.clients"].rows, tables["silver.purchases"].rows) == (1500, 23_663)
    assert {name: tables[f"gold.{name}"].rows for name in COUNTS} == COUNTS


@pytest.mark.parametrize("table", ["clients", "purchases"])
def test_every_row_has_the_fate_that_the_generator_counted(
    shop: md.Pipeline, expected: dict, table: str
) -> None:
    counted = expected[table]
    tables = shop.lake.current().tables
    fates = Counter[str]()
    for name in (f"bronze.{table}", f"silver.{table}"):
        for tally in tables[name].tallies:
            fates.update(tally.reasons)
            assert (
                tally.rows_in == tally.kept + tally.deduplicated + tally.dropped + tally.quarantined
            )
    key = "client_id" if table == "clients" else "purchase_id"
    wanted = {
        f"{reason} {key}": rows for reason, rows in counted["deduplicated"].items()
    } | counted["quarantined"]
    assert fates == wanted
    assert tables[f"bronze.{table}"].tallies[0].rows_in == counted["records"]
    assert tables[f"silver.{table}"].rows == counted["kept"]


@pytest.mark.parametrize("table", ["clients", "purchases"])
def test_quarantine_holds_every_reject_as_it_stood_in_its_file(
    shop: md.Pipeline, expected: dict, table: str
) -> None:
    reasons = Counter[str]()
    for name in (f"bronze.{table}", f"silver.{table}"):
        files = shop.lake.current().tables[name].rejects
        paths = [shop.base / "lake" / file.path for file in files]
        for reject in (row for path in paths for row in pq.read_table(path).to_pylist()):
            reasons[" ".join(filter(None, (reject["rule"], reject["column"])))] += 1
            line = (
                (shop.base / reject["file"])
                .read_text(encoding="utf-8")
                .splitlines()[reject["record"]]
            )
            row = json.loads(reject["row"])
            if "text" in row:
                assert row["text"] == line
            else:
                assert all(value in line for value in row.values() if value is not None)
    assert reasons == expected[table]["quarantined"]


def test_revenue_is_the_same_to_the_cent_in_every_layer_and_in_the_store(
    shop: md.Pipeline, expected: dict
) -> None:
    revenue = Decimal(expected["revenue"])
    columns = {name: "total_spent" if name == "clients_stats" else "revenue" for name in COUNTS}
    amounts = shop.lake.table("silver.purchases").to_arrow()["amount"].to_pylist()
    assert sum(amounts) == revenue
    store = shop.store()
    for name, column in columns.items():
        assert sum(shop.lake.table(f"gold.{name}").to_arrow()[column].to_pylist()) == revenue
        rows = [row for batch in store.scan(name, md.Query()) for row in batch]
        assert sum(row[column] for row in rows) == revenue
        assert len(rows) == COUNTS[name]
        assert pq.read_table(shop.base / f"lake/gold/{name}.parquet").num_rows == COUNTS[name]
    store.close()


def test_the_store_has_what_the_lake_has_value_by_value(shop: md.Pipeline) -> None:
    store = shop.store()
    for name in COUNTS:
        lake = shop.lake.table(f"gold.{name}").to_arrow().to_pylist()
        served = [row for batch in store.scan(name, md.Query()) for row in batch]
        order = lambda row: [str(value) for value in row.values()]  # noqa: E731
        assert sorted(served, key=order) == sorted(lake, key=order)
    store.close()


def test_silver_tells_year_month_and_weekday(shop: md.Pipeline) -> None:
    row = shop.lake.table("silver.purchases").scan().limit(1).to_arrow_table().to_pylist()[0]
    day = row["purchase_date"]
    assert (row["year"], row["month"], row["weekday"]) == (day.year, f"{day:%Y-%m}", f"{day:%A}")


def test_drift_of_its_files_is_told(shop: md.Pipeline) -> None:
    run = shop.lake.runs()[-1]
    drift = " ".join(next(step for step in run.steps if step.table == "bronze.purchases").drift)
    assert "columns in another order" in drift
    assert "new column 'channel'" in drift
