"""A small pipeline on real files, for tests of runs and releases."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.kernel import partition_groups, touched_groups
from medallion.run import publish as publication
from tests.copies import published_copy

YAML = """\
name: small
tables:
  bronze:
    clients: {source: data/clients.csv}
    orders: {source: "data/orders/*.csv"}
  silver:
    clients:
      from: bronze.clients
      steps: [trim]
    orders:
      from: bronze.orders
      steps:
        - trim
        - cast: {amount: "decimal(12,2)", day: date}
        - deduplicate: {key: order_id}
      expect:
        - {between: {amount: [0.01, 1000]}, on_fail: quarantine}
        - {references: {client_id: silver.clients.client_id}, on_fail: quarantine}
  gold:
    by_client:
      from: silver.orders
      steps:
        - aggregate: {by: client_id, metrics: {orders: count(), revenue: sum(amount)}}
    total:
      from: silver.orders
      steps:
        - aggregate: {metrics: {orders: count(), revenue: sum(amount)}}
sinks:
  serving:
    url: sqlite:lake/serving.db
    tables:
      by_client: {key: client_id, indexes: [-revenue]}
"""

MEDIANS = YAML.replace(
    "revenue: sum(amount)}}\n    total", "revenue: sum(amount), middle: median(amount)}}\n    total"
)
"""With a table that has no partial results, so that the groups of changed rows are computed."""

JANUARY = "order_id,client_id,amount,day\n1,a,10.00,2024-01-05\n2,b,20.50,2024-01-06\n2,b,20.50,2024-01-06\n"
FEBRUARY = (
    "order_id,client_id,amount,day\n"
    "3,a,abc,2024-02-01\n4,zz,5.00,2024-02-02\n5,b,1.25,2024-02-30\n6,a,7.25,2024-02-03\n"
)
MARCH = "order_id,client_id,amount,day\n7,b,100.00,2024-03-01\n"


def write(folder: Path, yaml: str = YAML) -> Path:
    """The project in a folder; gives the declaration's path."""
    (folder / "data/orders").mkdir(parents=True)
    (folder / "data/clients.csv").write_text("client_id,name\na, Ann \nb,Bob\n")
    (folder / "data/orders/2024-01.csv").write_text(JANUARY)
    (folder / "data/orders/2024-02.csv").write_text(FEBRUARY)
    (folder / "medallion.yaml").write_text(yaml)
    return folder / "medallion.yaml"


def publish(folder: Path) -> md.Pipeline:
    """The project in a folder, with its first release."""
    published_copy(write, folder)
    return load(folder)


def load(folder: Path) -> md.Pipeline:
    return md.Pipeline.load(folder / "medallion.yaml")


def as_large(patch: pytest.MonkeyPatch) -> None:
    """Compute and load small tables as large ones: groups and rows that differ alone."""
    patch.setattr(partition_groups, "SMALL", 1)
    for name, value in (("LARGE", 0), ("SHARE", 2), ("MOST", 10)):
        patch.setattr(touched_groups, name, value)
    patch.setattr(publication, "LARGE", 0)
    patch.setattr(publication, "SHARE", 1)


def clients(pipeline: md.Pipeline) -> list[dict[str, Any]]:
    """The rows of `by_client` in the store, which are those of its release in the lake."""
    store = pipeline.store()
    try:
        result = store.find("by_client", md.Query(sort=(md.Sort("client_id"),)))
    finally:
        store.close()
    table = pipeline.lake.table("gold.by_client", release=result.release)
    rows = sorted(table.to_arrow().to_pylist(), key=lambda row: str(row["client_id"]))
    assert [dict(row) for row in result.rows] == rows
    return rows


def in_lake(pipeline: md.Pipeline) -> tuple[int, Decimal]:
    """Orders and revenue of the published release in the lake."""
    row = pipeline.lake.table("gold.total").to_arrow().to_pylist()[0]
    return row["orders"], row["revenue"]


def in_store(pipeline: md.Pipeline) -> tuple[int, Decimal]:
    """The same in the store."""
    store = pipeline.store()
    try:
        row = store.find("total", md.Query()).rows[0]
    finally:
        store.close()
    return row["orders"], row["revenue"]


BOTH = (3, Decimal("37.75"))  # January and February, what was quarantined left out
JANUARY_ALONE = (2, Decimal("30.50"))
ALL = (4, Decimal("137.75"))
