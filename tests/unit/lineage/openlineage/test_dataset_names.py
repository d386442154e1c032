"""Names of datasets follow OpenLineage's naming rules, and have no secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.declaration.models import Declaration, Source, Table
from medallion.lineage.openlineage.dataset_names import (
    DatasetName,
    DatasetNames,
    location,
    served_dataset,
)
from medallion.pipeline import Pipeline
from medallion.sinks.mongodb.sink import MongoDB
from medallion.sinks.sqlite.sink import Sqlite


@pytest.mark.parametrize(
    ("path", "namespace", "name"),
    [
        ("/data/a.csv", "file", "/data/a.csv"),
        ("s3://bucket/lake/silver/t", "s3://bucket", "lake/silver/t"),
        ("s3://bucket", "s3://bucket", "/"),
        ("https://anna:secret@host:8000/a/b.csv", "https://host:8000", "a/b.csv"),
    ],
)
def test_location(path: str, namespace: str, name: str) -> None:
    assert location(path) == DatasetName(namespace, name)


@pytest.mark.parametrize(
    ("url", "namespace", "name"),
    [
        ("mongodb://localhost/shop", "mongodb://localhost:27017", "shop.t"),
        (
            "mongodb://anna:s%40cret@a,b:27018/shop?replicaSet=r",
            "mongodb://a:27017,b:27018",
            "shop.t",
        ),
        ("mongodb://[::1]/shop", "mongodb://[::1]:27017", "shop.t"),
        (
            "mongodb+srv://anna:secret@cluster.example/shop",
            "mongodb+srv://cluster.example",
            "shop.t",
        ),
    ],
)
def test_a_collection(url: str, namespace: str, name: str) -> None:
    assert served_dataset(MongoDB(url=url), "t") == DatasetName(namespace, name)


def test_a_table_of_sqlite(tmp_path: Path) -> None:
    sink = Sqlite(url="sqlite:serving.db").located(tmp_path)
    assert served_dataset(sink, "t") == DatasetName(f"sqlite://{tmp_path}/serving.db", "t")


def test_tables_and_sources(tmp_path: Path) -> None:
    declaration = Declaration.model_validate(
        {
            "name": "p",
            "layers": {
                "bronze": "raw",
                "silver": {"type": "parquet", "path": str(tmp_path / "own")},
            },
            "tables": {
                "bronze": {"t": Source(source="../data/*.csv")},
                "silver": {"t": Table.model_validate({"from": "bronze.t"})},
            },
            "sinks": {},
        }
    )
    names = DatasetNames(Pipeline(declaration, base=tmp_path / "project").context)
    assert names.table("bronze.t").name == f"{tmp_path}/project/lake/bronze/t"
    assert names.table("silver.t").name == f"{tmp_path}/own/t"
    remote = names.sources(
        Source(source=("https://h/a.csv?api_key=x", "zip://*.csv::../data/a.zip"))
    )
    assert remote == [
        DatasetName("https://h", "a.csv"),
        DatasetName("file", f"{tmp_path}/data/a.zip"),
    ]
    both = names.sources(Source(source=("../data/*.csv", "s3://b/x/*.csv")))
    assert [both[0].name, both[1]] == [f"{tmp_path}/data/*.csv", DatasetName("s3://b", "x/*.csv")]
