"""The query side of `folder`: each snapshot is read once into a table in memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

from medallion.contracts import (
    ROW,
    Grouping,
    Kind,
    MemoryTable,
    Page,
    Release,
    Served,
    SinkError,
    Store,
    ValidatedQuery,
    gone_error,
    kind_of,
    read_release,
)

CACHED_TABLES = 16  # snapshots
BATCH = 1000


class FolderStore(Store):
    """Reads the active release of the folder `path`; `label` is the sink's in the declaration."""

    def __init__(self, path: Path, label: str) -> None:
        self._path = path
        self.label = label
        self._tables = lru_cache(CACHED_TABLES)(_read)

    def active(self) -> Release:
        release = read_active(self._path)
        if release is None:
            raise SinkError(f"folder:{self._path}: nothing was published yet", hint="medallion run")
        return release

    def kept(self, ident: str) -> Release:
        try:
            text = (self._path / "releases" / f"{ident}.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            raise gone_error(ident) from None
        return read_release(text)

    def read_page(self, release: Release, query: ValidatedQuery) -> Page:
        return self._table(release, query.served).page(query, release.id)

    def read_count(self, release: Release, query: ValidatedQuery) -> int:
        return self._table(release, query.served).count(query)

    def read_groups(self, release: Release, query: Grouping) -> list[dict[str, Any]]:
        return self._table(release, query.served).groups(query)

    def read_batches(
        self, release: Release, query: ValidatedQuery
    ) -> Iterator[list[dict[str, Any]]]:
        return self._table(release, query.served).batches(query, BATCH)

    def close(self) -> None:
        self._tables.cache_clear()

    def _table(self, release: Release, served: Served) -> MemoryTable:
        try:
            return self._tables(self._path, served)
        except FileNotFoundError:
            raise gone_error(release.id) from None


def read_active(path: Path) -> Release | None:
    """The active release of a folder, or None."""
    try:
        return read_release((path / "active.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def _read(path: Path, served: Served) -> MemoryTable:
    """A table with values as stores return them, and the row number."""
    import pyarrow.parquet as pq

    kinds = {column.name: kind_of(column.type) for column in served.columns}
    rows = pq.read_table(path / "tables" / f"{served.name}.parquet").to_pylist()
    return MemoryTable(
        served,
        [
            {name: kind.walk(row[name], _python_value) for name, kind in kinds.items()}
            | {ROW: number}
            for number, row in enumerate(rows)
        ],
    )


def _python_value(kind: Kind, value: Any) -> Any:
    """An Arrow value as stores return it: NaN is null, timestamps with a time zone are in UTC."""
    if kind.name == "float":
        return None if math.isnan(value) else value
    if kind.name == "integer":
        return int(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value
    return value.isoformat("microseconds") if isinstance(value, time) else value
