"""A small pipeline in Python, on files of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.declaration.models import Declaration, Source, Table
from medallion.records import Column, Partition, Snapshot, SourceFile
from medallion.run.source_matches import SourceTable

MOMENT = datetime(2025, 1, 2, tzinfo=UTC)
FILES = {
    "orders/a.csv": "id,client,amount\n1,x,10\n2,y,20\n2,y,20\n",
    "orders/b.csv": "id,client,amount\n3,x,n/a\n",
    "clients.csv": "client,name\nx,Zoë\n",
}
ORDERS = Table(
    from_="bronze.orders",
    steps=[{"cast": {"amount": "integer"}}, {"deduplicate": {"key": "id"}}],
)
Project = Callable[..., md.Pipeline]


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def declare(**fields: Any) -> Declaration:
    tables = {
        "bronze": {
            "orders": Source(source="orders/*.csv"),
            "clients": Source(source="clients.csv"),
        },
        "silver": {"orders": ORDERS},
        "gold": {
            "totals": Table(
                from_="silver.orders",
                steps=[{"aggregate": {"by": "client", "metrics": {"amount": "sum(amount)"}}}],
            ),
            "clients": Table(from_="bronze.clients"),
        },
    }
    sinks = {"serving": {"url": "sqlite:shop.db", "tables": {"totals": {"key": "client"}}}}
    return Declaration(**{"name": "shop", "tables": tables, "sinks": sinks} | fields)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """`project(**fields)` is a pipeline on new files, with changed fields of its declaration."""

    def create(**fields: Any) -> md.Pipeline:
        write(tmp_path, FILES)
        return md.Pipeline(declare(**fields), base=tmp_path)

    return create


@pytest.fixture
def orders(project: Project) -> SourceTable:
    """The table of the orders, with its storage and layer."""
    return next(iter(project().context.source_tables()))


def with_source(table: SourceTable, source: str, **fields: Any) -> SourceTable:
    return replace(table, declared=Source(source=source, **fields))


def source_file(name: str, content: str = "", **fields: Any) -> SourceFile:
    """The record of a source file whose hash is its `content`."""
    columns = fields.pop("columns", {})
    return SourceFile(
        **{
            "name": name,
            "bytes": 10,
            "sha256": content or name,
            "token": "t",
            "arrived": MOMENT,
            "form": "f",
            "object": f"objects/{name}",
            "records": f"records/{content or name}",
            "columns": tuple(Column(name=key, type=kind) for key, kind in columns.items()),
            "rows": 1,
        }
        | fields
    )


def snapshot(table: str, identity: str = "s", **fields: Any) -> Snapshot:
    return Snapshot(
        **{
            "table": table,
            "id": identity,
            "fingerprint": "f",
            "run": "r",
            "created": MOMENT,
            "columns": (),
            "rows": 0,
            "bytes": 0,
        }
        | fields
    )


def partition(fingerprint: str, *numbers: int) -> Partition:
    return Partition(fingerprint=fingerprint, numbers=numbers, rows_in=1, files=())
