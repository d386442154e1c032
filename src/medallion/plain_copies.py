"""The copies of tables under plain names, such as `gold/sales.parquet`, as they are recorded."""

from __future__ import annotations

from medallion.records import File, Record


class PlainFile(File):
    """The copy of a table under its plain name, such as `gold/sales.parquet`; `snapshot` is what it is a copy of."""

    snapshot: str


class PlainRecord(Record):
    """What stands under plain names, by full table name, and of which release."""

    release: str
    tables: dict[str, PlainFile]
