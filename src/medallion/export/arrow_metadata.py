"""Descriptions of tables and columns in the metadata of Arrow schemas, and so of Parquet files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion.records import TableDescription

if TYPE_CHECKING:
    import pyarrow as pa

DESCRIPTION = b"description"


def described_schema(schema: pa.Schema, description: TableDescription) -> pa.Schema:
    """The schema with a table's description in its metadata, and those of columns in their own."""
    import pyarrow as pa

    fields = [
        field.with_metadata({**(field.metadata or {}), DESCRIPTION: text.encode()})
        if (text := description.columns.get(field.name))
        else field
        for field in schema
    ]
    metadata = dict(schema.metadata or {})
    if description.text:
        metadata[DESCRIPTION] = description.text.encode()
    return pa.schema(fields, metadata=metadata or None)
