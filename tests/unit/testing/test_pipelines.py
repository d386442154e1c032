"""A whole declaration run on a few rows, in a folder of its own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import medallion as md
from medallion.errors import CallError, GateError
from medallion.testing import assert_rows
from medallion.testing.fixtures import RunPipeline

YAML = """\
name: shop
lake: kept
layers:
  bronze: raw
  silver: {type: parquet, path: elsewhere}
  gold: parquet
tables:
  bronze:
    clients: {source: data/clients.csv}
    orders: {source: "data/orders/*.csv"}
    visits: {source: "data/visits/*.parquet"}
  silver:
    orders:
      from: bronze.orders
      steps:
        - cast: {amount: "decimal(12,2)", day: date}
      expect:
        - {between: {amount: [0.01, 1000]}, on_fail: quarantine}
        - {row_count: {at_least: 1}, on_fail: fail}
  gold:
    revenue:
      from: silver.orders
      steps:
        - aggregate: {by: client_id, metrics: {orders: count(), revenue: sum(amount)}}
    visits:
      from: bronze.visits
    names:
      from: {orders: silver.orders, clients: bronze.clients}
      steps:
        - sql: select distinct name from orders join clients using (client_id)
sinks:
  serving:
    url: sqlite:served/serving.db
    tables:
      revenue: {key: client_id}
      visits: {key: visit}
"""
ORDERS = [
    {"client_id": "a", "amount": 10, "day": date(2024, 1, 5)},
    {"client_id": "b", "amount": "20.50", "day": "2024-01-06"},
    {"client_id": "a", "amount": "none", "day": None},
    {"client_id": "a", "amount": Decimal("-1.00"), "note": "below"},
    {"client_id": "a", "amount": 2.5, "day": "2024-01-07"},
]
REVENUE = [
    {"client_id": "b", "orders": 1, "revenue": Decimal("20.50")},
    {"client_id": "a", "orders": 2, "revenue": Decimal("12.50")},
]


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    (tmp_path / "medallion.yaml").write_text(YAML)
    return tmp_path / "medallion.yaml"


def test_a_pipeline_runs_on_rows_given_in_the_test(
    run_pipeline: RunPipeline, declared: Path
) -> None:
    result = run_pipeline(declared, {"bronze.orders": ORDERS})
    assert_rows(result.table("gold.revenue"), REVENUE)
    assert result.run.status == "succeeded"
    assert result.rejects("bronze.orders") == []
    assert result.rejects("silver.orders") == [
        {
            "rule": "cast",
            "column": "amount",
            "value": "none",
            "file": "sources/bronze/orders.parquet",
            "record": 3,
            "row": {"client_id": "a", "amount": "none", "day": None, "note": None},
        },
        {
            "rule": "between",
            "column": "amount",
            "value": "-1.00",
            "file": "sources/bronze/orders.parquet",
            "record": 4,
            "row": {"client_id": "a", "amount": "-1.00", "day": None, "note": "below"},
        },
    ]


def test_nothing_of_the_project_is_written(run_pipeline: RunPipeline, declared: Path) -> None:
    result = run_pipeline(declared, {"bronze.orders": ORDERS}, serve=True)
    assert [path.name for path in declared.parent.iterdir()] == ["medallion.yaml"]
    assert not result.pipeline.base.is_relative_to(declared.parent)
    assert (result.pipeline.base / "lake/silver/orders").is_dir()
    store = result.pipeline.store()
    assert_rows(store.find("revenue", md.Query()).rows, REVENUE)
    assert store.get("revenue", "b") == REVENUE[0]
    store.close()
    assert result.pipeline.sinks["serving"].url == f"sqlite:{result.pipeline.base}/serving.db"


def test_tables_whose_sources_have_no_rows_are_left_out(
    run_pipeline: RunPipeline, declared: Path
) -> None:
    result = run_pipeline(declared, {"bronze.orders": ORDERS})
    assert result.pipeline.declaration.names() == ["bronze.orders", "silver.orders", "gold.revenue"]
    assert result.pipeline.sinks == {}
    with pytest.raises(CallError, match=r"no table 'gold\.names'.*\n.*all of its sources"):
        result.table("gold.names")
    with pytest.raises(CallError, match=r"no table 'gold\.revenu'; did you mean 'gold\.revenue'"):
        result.rejects("gold.revenu")
    both = run_pipeline(
        declared, {"bronze.orders": ORDERS, "bronze.clients": [{"client_id": "a", "name": "Ann"}]}
    )
    assert both.table("gold.names") == [{"name": "Ann"}]


FRAMES = {
    "dicts": [{"visit": 1, "day": date(2024, 1, 5)}, {"visit": 2, "day": None}],
    "arrow": pa.table({"visit": [1, 2], "day": [date(2024, 1, 5), None]}),
    "pandas": pd.DataFrame({"visit": [1, 2], "day": [date(2024, 1, 5), None]}),
    "polars": pl.DataFrame({"visit": [1, 2], "day": [date(2024, 1, 5), None]}),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_of_every_kind_keep_their_types(
    run_pipeline: RunPipeline, declared: Path, kind: str
) -> None:
    result = run_pipeline(declared, {"bronze.visits": FRAMES[kind]})
    assert_rows(result.table("gold.visits"), FRAMES["dicts"])
    assert [column.type for column in result.pipeline.lake.table("bronze.visits").columns] == [
        "int64",
        "date",
    ]


def test_a_csv_source_gives_text_whatever_stands_in_the_test(
    run_pipeline: RunPipeline, declared: Path
) -> None:
    rows = pa.table(
        {"client_id": [7, None], "name": [True, False], "tags": [["a"], None], "none": [None, None]}
    )
    found = run_pipeline(declared, {"bronze.clients": rows}).table("bronze.clients")
    assert found == [
        {"client_id": "7", "name": "true", "tags": '["a"]', "none": None},
        {"client_id": None, "name": "false", "tags": None, "none": None},
    ]


def test_rows_that_fit_no_source_are_told(run_pipeline: RunPipeline, declared: Path) -> None:
    with pytest.raises(
        CallError, match=r"no source table 'bronze\.order'; did you mean 'bronze\.orders'"
    ):
        run_pipeline(declared, {"bronze.order": ORDERS})
    with pytest.raises(CallError, match=r"bronze\.visits: the rows do not form a table"):
        run_pipeline(declared, {"bronze.visits": [{"visit": 1}, {"visit": "one"}]})
    with pytest.raises(CallError, match=r"bronze\.visits: no rows and no columns"):
        run_pipeline(declared, {"bronze.visits": []})


def test_what_the_run_raises_comes_through(run_pipeline: RunPipeline, declared: Path) -> None:
    with pytest.raises(GateError, match="row_count"):
        run_pipeline(declared, {"bronze.orders": ORDERS[2:4]})


def test_a_declaration_made_in_python_and_a_table_without_rows(run_pipeline: RunPipeline) -> None:
    source = md.Source(source="data/*.json", columns=("id", "name"))
    copy = md.Table(from_="bronze.things")
    declaration = md.Declaration(
        name="made", tables={"bronze": {"things": source}, "gold": {"things": copy}}
    )
    result = run_pipeline(declaration, {"bronze.things": []})
    assert result.table("gold.things") == []
    assert [column.name for column in result.pipeline.lake.table("gold.things").columns] == [
        "id",
        "name",
    ]


def test_functions_beside_the_declaration_are_found(
    run_pipeline: RunPipeline, declared: Path
) -> None:
    (declared.parent / "steps_of_a_test.py").write_text(
        "import pyarrow as pa\nimport medallion as md\n\n"
        "@md.transform(scope='table', grain='new')\n"
        "def first(rows: pa.Table) -> pa.Table:\n    return rows.slice(0, 1)\n"
    )
    step = "from: bronze.visits\n      steps:\n        - python: 'steps_of_a_test:first'"
    declared.write_text(YAML.replace("from: bronze.visits", step))
    assert (
        run_pipeline(declared, {"bronze.visits": FRAMES["arrow"]}).table("gold.visits")
        == FRAMES["dicts"][:1]
    )
