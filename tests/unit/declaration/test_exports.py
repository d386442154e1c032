"""The key `export`: what each file is by its suffix, and where it may not be."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.declaration.exports import Export
from medallion.errors import DeclarationError
from medallion.pipeline import Pipeline

YAML = """\
name: small
tables:
  bronze:
    orders: {source: "data/*"}
  gold:
    orders: {from: bronze.orders}
"""


def problems(folder: Path, export: str) -> str:
    (folder / "data").mkdir()
    (folder / "data/orders.csv").write_text("id\n1\n")
    (folder / "medallion.yaml").write_text(f"{YAML}export: {export}\n")
    with pytest.raises(DeclarationError) as caught:
        Pipeline.load(folder / "medallion.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("file", "kind", "place"),
    [
        ("shop.duckdb", "duckdb", (".", "shop.duckdb")),
        ("out/a.b.xlsx", "xlsx", ("out", "a.b.xlsx")),
        ("/shop.xlsx", "xlsx", ("/", "shop.xlsx")),
        ("s3://bucket/shop.duckdb", "duckdb", ("s3://bucket", "shop.duckdb")),
    ],
)
def test_a_file_has_a_kind_and_a_place(file: str, kind: str, place: tuple[str, str]) -> None:
    export = Export.model_validate(file)
    assert (export.kind, export.place, export.tables) == (kind, place, ())


@pytest.mark.parametrize(
    ("export", "message"),
    [
        ("shop.duckdb", "must be a list of files"),
        ("[shop.csv]", "ends neither with .duckdb nor with .xlsx"),
        ("[out/.xlsx]", "ends neither with .duckdb nor with .xlsx"),
        ("[{file: shop.xlsx, tables: [order]}]", "no table 'order' in the last layer; did you"),
        ("[{file: shop.xlsx, table: [orders]}]", "table: unknown key; did you mean 'tables'?"),
        ("[oss://host/shop.xlsx]", "is neither a folder nor a URL"),
        ("[https://host/shop.xlsx]", "https://host is only read from"),
        ("[data/shop.xlsx]", "would be a file of the source data/*"),
        ("[lake/releases/shop.xlsx]", "is where the lake keeps records"),
        ("[shop.xlsx, ./shop.xlsx]", "is already a file of `export`"),
        ("[lake/serving.duckdb/a.xlsx, lake/serving.duckdb/../serving.duckdb/a.xlsx]", "already"),
    ],
)
def test_faults_have_a_place(tmp_path: Path, export: str, message: str) -> None:
    said = problems(tmp_path, export)
    assert message in said
    assert "medallion.yaml:7:" in said


def test_a_database_of_a_sink_is_no_export(tmp_path: Path) -> None:
    said = problems(tmp_path, "[out/shop.duckdb]\nsinks: {one: {url: 'sqlite:out/shop.duckdb'}}")
    assert "is already the database of sink 'one'" in said
