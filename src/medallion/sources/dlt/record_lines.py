"""The items of a resource as lines of JSON, with every digit of their numbers."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from medallion.errors import SourceError

BATCH = 10_000  # rows of a frame


def record_lines(label: str, item: Any) -> Iterator[bytes]:
    """A line for each record of an item: an object, a data frame or an Arrow table.

    Raises SourceError for anything else, and for a value that JSON does not have.
    """
    for record in _records(label, item):
        try:
            yield _line(record)
        except TypeError as error:
            raise SourceError(
                f"{label}: a record cannot be written as JSON: {error}",
                hint="yield texts, numbers, dates, objects and lists",
            ) from error


def _records(label: str, item: Any) -> Iterator[Any]:
    if isinstance(item, Mapping):
        yield item
    elif isinstance(item, BaseModel):
        yield item.model_dump()
    elif (table := _arrow(item)) is not None:
        for batch in table.to_batches(max_chunksize=BATCH):
            yield from batch.to_pylist()
    else:
        raise SourceError(
            f"{label}: the resource yields {type(item).__name__}, not records",
            hint="yield dicts, lists of dicts, data frames or Arrow tables",
        )


def _arrow(item: Any) -> Any:
    """An Arrow table or a frame of pandas or Polars as an Arrow table; None if it is none."""
    import pandas as pd
    import pyarrow as pa

    if isinstance(item, pa.Table):
        return item
    if isinstance(item, pa.RecordBatch):
        return pa.Table.from_batches([item])
    if isinstance(item, pd.DataFrame):
        return pa.Table.from_pandas(item, preserve_index=False)
    return item.to_arrow() if hasattr(item, "to_arrow") else None


def _line(record: Any) -> bytes:
    text = _json(record)
    if "NaN" in text or "Infinity" in text:  # of which JSON has no numbers
        text = _json(_with_finite_numbers(record))
    try:
        return f"{text}\n".encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return f"{_json(_with_finite_numbers(record), ascii_only=True)}\n".encode()


def _json(value: Any, *, ascii_only: bool = False) -> str:
    import simplejson

    options = {"use_decimal": True, "allow_nan": True, "encoding": None}  # for bytes, see _plain
    return str(simplejson.dumps(value, ensure_ascii=ascii_only, default=_plain, **options))


def _with_finite_numbers(value: Any) -> Any:
    """The value with NaN and infinity as texts."""
    if isinstance(value, Mapping):
        return {name: _with_finite_numbers(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_with_finite_numbers(each) for each in value]
    return str(value) if isinstance(value, float | Decimal) and not math.isfinite(value) else value


def _plain(value: Any) -> Any:
    """What JSON has for a value of Python. Raises TypeError if it has nothing."""
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return b64encode(value).decode()
    if isinstance(value, BaseModel):
        return value.model_dump()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if hasattr(value, "tolist"):  # numbers and arrays of NumPy
        return value.tolist()
    raise TypeError(f"a value of type {type(value).__name__}")
