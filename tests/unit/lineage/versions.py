"""Versions of a table for tests, each stored as the layer `parquet` stores it."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import duckdb

from medallion import plugins
from medallion.contracts import Input, Layer
from medallion.identifiers import now
from medallion.records import Snapshot
from medallion.sql.duckdb_types import columns_of, types_of
from medallion.storage import open_storage


def version(folder: Path, query: str) -> Input:
    """The rows of a query as one version of a table."""
    layer = plugins.build(plugins.LAYERS, "parquet")
    assert isinstance(layer, Layer)
    name = uuid4().hex
    scratch = folder / "scratch" / name
    scratch.mkdir(parents=True)
    storage = open_storage(str(folder / "layer"))
    with duckdb.connect(config={"threads": 1}) as connection:
        rows = connection.sql(query)
        columns = columns_of(types_of(rows))
        files = layer.write(storage, name, rows, connection, scratch)
    snapshot = Snapshot(
        table="gold.sales",
        id=name,
        fingerprint=name,
        run="20261126-000000-000000",
        created=now(),
        columns=columns,
        rows=files[0].rows,
        bytes=files[0].bytes,
        files=tuple(files),
    )
    return Input(layer, storage, snapshot)
