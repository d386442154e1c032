"""Dates and timestamps of source files that are kept, but that no store can load."""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import Parsed, literal, quote
from medallion.sql.casting import YEARS

if TYPE_CHECKING:
    from medallion.contracts import Connection

_TYPES = {
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
}
_TARGETS = {
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "{timestamp: iso, timezone: UTC}",
}


def unfit_moments(parsed: Parsed, records: Path, connection: Connection) -> Iterator[str]:
    """A warning for each column with `infinity`, or a year beyond those that stores have."""
    rows = f"read_parquet({literal(glob.escape(str(records)))}, hive_partitioning=false)"
    for column in parsed.columns:
        if column.type not in _TYPES:
            continue
        name, cast = quote(column.name), f"{_key(column.name)}: {_TARGETS[column.type]}"
        query = (
            f"select file_row_number, {name}::varchar from {rows} "
            f"where {name} not between {YEARS[_TYPES[column.type]]} order by 1 limit 1"
        )
        for row, value in connection.execute(query).fetchall():
            yield (
                f"record {_number(row, parsed):,} has {value} in {column.name!r}, which no store "
                f"can load: `cast: {{{cast}}}` quarantines such rows, and `derive` gives them "
                "another value"
            )


def _key(name: str) -> str:
    """The name of a column as a key of YAML, in quotes where it needs them."""
    plain = re.fullmatch(r"[A-Za-z_]\w*( \w+)*", name)
    return name if plain else json.dumps(name, ensure_ascii=False)


def _number(row: int, parsed: Parsed) -> int:
    """The number of the record in a row of the records that could be read, from 0."""
    number = row + 1
    for rejected, *_ in parsed.rejects:
        number += rejected <= number
    return number
