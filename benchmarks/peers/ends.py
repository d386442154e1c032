"""Both ends of the shop's work, the same for every hand-written peer: keep sources, serve gold.

medallion keeps the bytes of each source file under their hash and loads gold into an indexed SQLite
file. So do its peers.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

INDEXES = {
    "clients_stats": ("client_id", ["country", "total_spent desc", "name"]),
    "product_stats": ("product", ["revenue desc"]),
    "monthly_stats": ("month", []),
    "country_stats": ("country", ["revenue desc"]),
    "sales": ("month, weekday, product", ["product"]),
    "summary": ("", []),
}


def keep(data: Path, out: Path) -> None:
    """Copy every source file under the hash of its bytes."""
    bronze = out / "bronze"
    bronze.mkdir(parents=True)
    for file in sorted(data.rglob("*.csv")):
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        shutil.copyfile(file, bronze / f"{digest}.csv")


def serve(out: Path, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Load one gold table into the SQLite file, with the indexes of medallion's declaration."""
    key, indexes = INDEXES[table]
    with sqlite3.connect(out / "serving.db") as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute(f"create table {table} ({', '.join(columns)})")
        connection.executemany(
            f"insert into {table} values ({', '.join('?' * len(columns))})", rows
        )
        if key:
            connection.execute(f"create unique index {table}_key on {table} ({key})")
        for number, index in enumerate(indexes):
            connection.execute(f"create index {table}_{number} on {table} ({index})")
    connection.close()
