"""Rows as CSV for PostgreSQL's COPY, written column by column by Arrow."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from medallion.contracts import TooLargeError
from medallion.query.column_types import Kind
from medallion.sinks.postgres.column_types import NESTED, json_value

if TYPE_CHECKING:
    import pyarrow as pa

_ZERO = re.compile("\0")
_ZERO_IN_JSON = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def csv_of(
    batch: pa.RecordBatch,
    kinds: Mapping[str, Kind],
    numbers: Sequence[int] | None,
    nulls: set[str],
) -> bytes:
    """The rows of a batch as CSV, in the order of `kinds`, a null as nothing.

    With `numbers`, each row begins with its own. Adds the columns with a null to `nulls`. Raises
    TooLargeError on text that PostgreSQL cannot store.
    """
    import pyarrow as pa
    from pyarrow import csv

    arrays = {name: _array(batch.column(name), kind) for name, kind in kinds.items()}
    nulls.update(name for name, array in arrays.items() if array.null_count)
    columns = list(arrays.values())
    if numbers is not None:
        columns.insert(0, pa.array(numbers, pa.int64()))
    table = pa.RecordBatch.from_arrays(columns, [str(place) for place in range(len(columns))])
    sink = pa.BufferOutputStream()
    csv.write_csv(table, sink, csv.WriteOptions(include_header=False))
    rows: bytes = sink.getvalue().to_pybytes()
    if b"\0" in rows or b"\\u0000" in rows:
        _check_zero_characters(arrays, kinds)
    return rows


def _array(array: pa.Array, kind: Kind) -> pa.Array:
    """The values of a column, as CSV has them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    match kind.name:
        case "float":
            array = array.cast(pa.float64())
            # Not `pa.scalar(None)`, which imports pandas.
            return pc.if_else(pc.is_nan(array), pa.nulls(len(array), pa.float64()), array)
        case "timestamp":
            moments = array.cast(pa.timestamp("us", array.type.tz), safe=False)
            text = moments.cast(pa.timestamp("us")).cast(pa.string())
            return pc.binary_join_element_wise(text, "Z", "") if kind.zoned else text
        case "time":
            return array.cast(pa.time64("us"), safe=False).cast(pa.string())
        case "text" | "date" | "decimal":
            return array.cast(pa.string())
        case "integer" if pa.types.is_decimal(array.type):
            return array.cast(pa.string())
        case "bytes":
            values = array.to_pylist()
            return pa.array([None if v is None else f"\\x{v.hex()}" for v in values], pa.string())
    if kind.name in NESTED:
        return pa.array([_json(kind, value) for value in array.to_pylist()], pa.string())
    return array


def _json(kind: Kind, value: object) -> str | None:
    if value is None:
        return None
    plain = kind.walk(value, json_value)
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _check_zero_characters(arrays: Mapping[str, pa.Array], kinds: Mapping[str, Kind]) -> None:
    """Raise TooLargeError for the first text with U+0000."""
    for name, array in arrays.items():
        has_zero = _ZERO_IN_JSON.search if kinds[name].name in NESTED else _ZERO.search
        for index, value in enumerate(array.to_pylist()):
            if isinstance(value, str) and has_zero(value):
                raise TooLargeError(
                    name,
                    index,
                    "text with the character U+0000, which PostgreSQL cannot store",
                    hint="remove it in a step, such as derive: replace(x, chr(0), '')",
                )
