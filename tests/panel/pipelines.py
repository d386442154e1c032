"""Pipelines that publish tables of rows in SQLite, for tests of blocks and filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import medallion as md

Rows = Sequence[Mapping[str, Any]]


def declaration(names: Sequence[str], keys: Mapping[str, str] | None = None) -> str:
    """A declaration that copies Parquet files to gold; `keys` are key columns by table."""
    bronze = "".join(f"    {name}: {{source: data/{name}.parquet}}\n" for name in names)
    gold = "".join(f"    {name}: {{from: bronze.{name}}}\n" for name in names)
    tables = ", ".join(f"{name}: {{key: {key}}}" for name, key in (keys or {}).items())
    return (
        f"name: charts\ntables:\n  bronze:\n{bronze}  gold:\n{gold}"
        f'sinks: {{serving: {{url: "sqlite:lake/serving.db", tables: {{{tables}}}}}}}\n'
    )


def published(
    folder: Path, tables: Mapping[str, Rows | pa.Table], keys: Mapping[str, str] | None = None
) -> md.Pipeline:
    """A pipeline in a folder that has published these tables."""
    (folder / "data").mkdir()
    for name, rows in tables.items():
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows))
        pq.write_table(table, folder / f"data/{name}.parquet")
    (folder / "medallion.yaml").write_text(declaration([*tables], keys))
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    return pipeline
