"""Damage in a serving database: rows are counted; the server verifies their checksums by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from medallion.contracts import Flaw
from medallion.contracts.table_target import lost_rows
from medallion.records import Served
from medallion.sinks.mongodb.database import LOADS

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents


def flaws(database: Documents, served: Mapping[str, Served]) -> Iterator[Flaw]:
    """The tables whose number of documents differs from what was loaded."""
    for table, entry in served.items():
        mark = database[LOADS].find_one({"_id": entry.name})
        count = database[entry.name].count_documents({})
        if mark is None or mark["rows"] is None:
            yield Flaw(table, "is not loaded")
        elif count != mark["rows"]:
            yield Flaw(table, f"has {count:,} documents; {mark['rows']:,} were loaded")


def check_history(
    database: Documents, served: Mapping[str, Served], tables: Collection[str], location: str
) -> None:
    """Raise SinkError when tables have rows of earlier runs that exist nowhere else."""
    for table in tables:
        former = served[table].former
        if former and not database[LOADS].find_one({"_id": former.name, "rows": {"$ne": None}}):
            raise lost_rows(f"{location}: table {table!r}", served[table])
