"""Descriptions of tables and columns, from the declaration to all that publishes them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

import medallion as md
from medallion.cli import main
from medallion.errors import DeclarationError

YAML = """\
name: described
layers: {bronze: raw, silver: parquet, gold: delta}
tables:
  bronze:
    sales:
      source: sales.csv
      description: One row per sale.
  silver:
    sales:
      from: bronze.sales
      steps: [{cast: {amount: "decimal(12,2)"}}]
  gold:
    totals:
      description: The sales of each country.
      column_descriptions:
        country: "The client's country, as \\"they\\" write it: 100 % & */ ?"
        total: Sum of all amounts, in euros.
      from: silver.sales
      steps:
        - aggregate: {by: country, metrics: {total: sum(amount), sales: count()}}
    plain:
      from: silver.sales
sinks:
  serving: {url: "sqlite:serving.db", tables: {totals: {key: country}}}
"""
COUNTRY = 'The client\'s country, as "they" write it: 100 % & */ ?'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("described")
    (folder / "medallion.yaml").write_text(YAML)
    (folder / "sales.csv").write_text("country,amount\nFrance,10.50\nSpain,2\nFrance,7.25\n")
    md.Pipeline.load(folder / "medallion.yaml").run()
    return folder


def parquet_texts(file: Path) -> tuple[bytes | None, dict[str, bytes]]:
    """The description of the table in a Parquet file, and those of columns by name."""
    schema = pq.read_schema(file)
    columns = {
        field.name: field.metadata[b"description"]
        for field in schema
        if b"description" in (field.metadata or {})
    }
    return (schema.metadata or {}).get(b"description"), columns


def view_sql(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "serving.db")) as connection:
        query = "select sql from sqlite_master where type = 'view' and name = 'totals'"
        return str(connection.execute(query).fetchone()[0])


def test_a_release_has_the_descriptions(folder: Path) -> None:
    lake = md.Pipeline.load(folder / "medallion.yaml").lake
    table = lake.table("gold.totals")
    assert table.description.text == "The sales of each country."
    assert table.description.columns["country"] == COUNTRY
    assert lake.table("bronze.sales").description.text == "One row per sale."
    assert lake.table("silver.sales").description.digest == ""
    field = table.to_arrow().schema.field("total")
    assert field.metadata == {b"description": b"Sum of all amounts, in euros."}
    assert table.to_arrow().to_pydict()["sales"] == [2, 1]


def test_plain_copies_have_them_in_their_metadata(folder: Path) -> None:
    text, columns = parquet_texts(folder / "lake/gold/totals.parquet")
    assert text == b"The sales of each country."
    assert columns == {"country": COUNTRY.encode(), "total": b"Sum of all amounts, in euros."}
    assert parquet_texts(folder / "lake/gold/plain.parquet") == (None, {})
    assert pq.read_table(folder / "lake/gold/totals.parquet").to_pydict()["sales"] == [2, 1]


def test_a_delta_log_has_them(folder: Path) -> None:
    log = DeltaTable(str(folder / "lake/gold/totals"))
    assert log.metadata().description == "The sales of each country."
    comments = {field.name: field.metadata for field in log.schema().fields}
    assert comments == {
        "country": {"comment": COUNTRY},
        "total": {"comment": "Sum of all amounts, in euros."},
        "sales": {},
    }


def test_the_view_in_sqlite_has_them_as_comments(folder: Path) -> None:
    sql = view_sql(folder)
    assert "/* The sales of each country. */" in sql
    assert f"/* {COUNTRY.replace('*/', '* /')} */" in sql
    store = md.Pipeline.load(folder / "medallion.yaml").store()
    assert store.find("totals", md.Query(filters=(md.Filter("country", "eq", "Spain"),))).rows
    store.close()


@pytest.mark.parametrize("as_json", [False, True])
def test_show_lists_columns_with_them(
    folder: Path, capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    options = ["--json"] if as_json else []
    with pytest.raises(SystemExit) as ended:
        main(["-C", str(folder), "show", "gold.totals", "--schema", *options])
    assert not ended.value.code
    output = capsys.readouterr().out
    if as_json:
        shown = json.loads(output)
        assert shown["description"] == "The sales of each country."
        assert shown["columns"][0] == {
            "name": "country",
            "type": "text",
            "description": COUNTRY,
        }
        return
    assert output.startswith("The sales of each country.")
    assert "Sum of all amounts, in euros." in output
    assert "3 columns, 2 rows of gold.totals" in output


def test_a_changed_description_is_published_and_nothing_computed(folder: Path) -> None:
    file = folder / "medallion.yaml"
    before = md.Pipeline.load(file).lake.table("gold.totals")
    untouched = (folder / "lake/gold/plain.parquet").stat().st_mtime_ns
    file.write_text(YAML.replace("all amounts", "every amount").replace("The sales of", "Sales in"))
    run = md.Pipeline.load(file).run()
    assert run.status == "succeeded"
    assert {step.action for step in run.steps} == {"unchanged"}
    assert not any(load.loaded for load in run.loads)
    after = md.Pipeline.load(file).lake.table("gold.totals")
    assert after.snapshot == before.snapshot
    assert after.description.columns["total"] == "Sum of every amount, in euros."
    text, columns = parquet_texts(folder / "lake/gold/totals.parquet")
    assert (text, columns["total"]) == (
        b"Sales in each country.",
        b"Sum of every amount, in euros.",
    )
    assert (folder / "lake/gold/plain.parquet").stat().st_mtime_ns == untouched
    log = DeltaTable(str(folder / "lake/gold/totals"))
    assert log.metadata().description == "Sales in each country."
    assert log.schema().fields[1].metadata == {"comment": "Sum of every amount, in euros."}
    assert "/* Sum of every amount, in euros. */" in view_sql(folder)
    assert md.Pipeline.load(file).run().status == "unchanged"
    md.Pipeline.load(file).roll_back()
    assert parquet_texts(folder / "lake/gold/totals.parquet")[0] == b"The sales of each country."
    log = DeltaTable(str(folder / "lake/gold/totals"))
    assert log.metadata().description == "The sales of each country."


def test_a_column_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "medallion.yaml"
    (tmp_path / "sales.csv").write_text("country,amount\nFrance,10.50\n")
    file.write_text(YAML.replace("        total: Sum", "        totla: Sum"))
    with pytest.raises(DeclarationError, match=r"no column 'totla'.*did you mean 'total'") as error:
        md.Pipeline.load(file)
    assert "medallion.yaml:17:" in str(error.value)
