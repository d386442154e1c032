"""The document that a sink stores for a release, and its store reads."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from medallion.records import Column, Release
from medallion.sql.duckdb_types import logical_type


def read_release(document: str | bytes) -> Release:
    """The release in a document that `release.model_dump_json()` wrote, in this version or earlier.

    Rows of earlier runs that `append` and `merge` build on are in the database alone, so that they
    outlive a lake's format. Raises ValidationError for other documents.
    """
    try:
        return Release.model_validate_json(document)
    except ValidationError as error:
        try:
            body = json.loads(document, object_hook=_with_logical_type)
        except ValueError:  # damaged, or no JSON at all
            raise error from None
        return Release.model_validate_json(json.dumps(body))


def _with_logical_type(body: dict[str, Any]) -> dict[str, Any]:
    """Up to format 1 of a lake, the type of a column was written as DuckDB writes it."""
    if body.keys() <= Column.model_fields.keys() and isinstance(body.get("type"), str):
        return {**body, "type": str(logical_type(body["type"]))}
    return body
