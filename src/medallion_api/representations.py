"""Formats of rows: content negotiation, and rows as bytes, whole or streamed."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from math import isinf
from typing import TYPE_CHECKING, Any

import falcon
import orjson
from falcon import mediatypes

from medallion.export.spreadsheet_csv import BOM, without_formula
from medallion.query.column_types import Kind, kind_of
from medallion.records import Column
from medallion_api.value_schemas import ENDLESS, arrow_of

if TYPE_CHECKING:
    import pyarrow as pa

Rows = Sequence[dict[str, Any]]

FORMATS = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "spreadsheet": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
TEXTUAL = ("json", "ndjson", "csv", "spreadsheet")
ENDINGS = {
    "csv": "csv",
    "spreadsheet": "csv",
    "parquet": "parquet",
    "arrow": "arrow",
}  # of those saved as files

_BY_TYPE = {
    media.partition(";")[0]: name for name, media in FORMATS.items() if name != "spreadsheet"
}
_BATCH = 20_000
_BEYOND = 2**63
_JSON = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def negotiate(accept: str, named: str | None = None) -> str:
    """The format of the response. Raises HTTPNotAcceptable, naming the formats."""
    if named:
        return named
    if accept in ("*/*", "application/json"):
        return "json"
    try:
        media_type = mediatypes.best_match(_BY_TYPE, accept)
    except falcon.InvalidMediaRange:
        media_type = ""
    if not media_type:
        raise falcon.HTTPNotAcceptable(description=f"there is {', '.join(_BY_TYPE)}")
    return _BY_TYPE[media_type]


def to_json(value: Any) -> bytes:
    """JSON with all digits of decimals, and ISO 8601 times (in UTC if they have a zone)."""
    try:
        return orjson.dumps(value, default=_plain, option=_JSON)
    except orjson.JSONEncodeError:
        # Perhaps an integer beyond 64 bits, for which orjson does not call `_plain`.
        return orjson.dumps(_narrow(value), default=_plain, option=_JSON)


def stream(
    form: str, columns: Sequence[Column], batches: Iterable[Rows], around: dict[str, Any]
) -> Iterator[bytes]:
    """Rows as bytes of a format, one part per batch; JSON has `around` next to its `rows`."""
    match form:
        case "json":
            return _json((spelled(rows, endless_columns(columns)) for rows in batches), around)
        case "ndjson":
            batches = (spelled(rows, endless_columns(columns)) for rows in batches)
            return (b"".join(to_json(row) + b"\n" for row in rows) for rows in batches)
        case "csv":
            return _csv(columns, batches)
        case "spreadsheet":
            return chain([BOM], _csv(columns, batches, spreadsheet=True))
    return _arrow(columns, batches, parquet=form == "parquet")


def endless_columns(columns: Sequence[Column]) -> list[str]:
    """The columns that may hold a number without end, of which JSON has none."""
    return [column.name for column in columns if _floating(kind_of(column.type))]


def spelled(rows: Rows, names: Sequence[str]) -> Rows:
    """The rows, each number without end in these columns as the text `Infinity` or `-Infinity`."""
    if not any(_endless(row[name]) for name in names for row in rows):
        return rows
    return [{**row, **{name: _spelled(row[name]) for name in names}} for row in rows]


def _floating(kind: Kind) -> bool:
    return kind.name == "float" or any(_floating(item) for _, item in kind.items)


def _endless(value: Any) -> bool:
    if isinstance(value, float):
        return isinf(value)
    if isinstance(value, dict):
        return any(map(_endless, value.values()))
    return isinstance(value, list) and any(map(_endless, value))


def _spelled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _spelled(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_spelled(item) for item in value]
    return ENDLESS[value > 0] if isinstance(value, float) and isinf(value) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _narrow(value: Any) -> Any:
    """The same with every whole number beyond 64 bits as a decimal."""
    if isinstance(value, dict):
        return {name: _narrow(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_narrow(item) for item in value]
    return Decimal(value) if type(value) is int and abs(value) >= _BEYOND else value


def _json(batches: Iterable[Rows], around: dict[str, Any]) -> Iterator[bytes]:
    before = to_json(around)[:-1] + b',"rows":['
    for rows in batches:
        if rows:
            yield before + to_json(rows)[1:-1]
            before = b","
    yield b"]}" if before == b"," else before + b"]}"


def _csv(
    columns: Sequence[Column], batches: Iterable[Rows], *, spreadsheet: bool = False
) -> Iterator[bytes]:
    """Null is an empty field, empty text is `""`; for a spreadsheet, no text is a formula."""
    writers = _CELLS | _SPREADSHEET_CELLS if spreadsheet else _CELLS
    cells = [(column.name, writers.get(kind_of(column.type).name, str)) for column in columns]
    yield _lines([[writers["text"](name) for name, _ in cells]])
    for rows in batches:
        parts = [
            ["" if (value := row[name]) is None else cell(value) for row in rows]
            for name, cell in cells
        ]
        yield _lines(zip(*parts, strict=True))


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    return "".join(f"{','.join(row)}\r\n" for row in rows).encode()


def _quoted(text: str) -> str:
    # Four searches for a letter are three times as fast as one for a pattern.
    if '"' in text or "," in text or "\n" in text or "\r" in text or not text:
        return '"' + text.replace('"', '""') + '"'
    return text


def _inert(text: str) -> str:
    return _quoted(str(without_formula(text)))


def _nested(value: Any) -> str:
    return _quoted(to_json(_spelled(value)).decode())


# How values are written in CSV, unless `str` does it.
_CELLS: dict[str, Callable[[Any], str]] = {
    "text": _quoted,
    "boolean": lambda value: "true" if value else "false",
    "timestamp": lambda value: value.isoformat().replace("+00:00", "Z"),
    "bytes": lambda value: b64encode(value).decode(),
    "list": _nested,
    "struct": _nested,
    "map": _nested,
}
_SPREADSHEET_CELLS: dict[str, Callable[[Any], str]] = {
    "text": _inert,
    "bytes": lambda value: _inert(b64encode(value).decode()),
}


def _arrow(columns: Sequence[Column], batches: Iterable[Rows], *, parquet: bool) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(column.name, arrow_of(kind_of(column.type))) for column in columns])
    sink = _Parts()
    writer = (
        pq.ParquetWriter(sink, schema, compression="zstd")
        if parquet
        else pa.ipc.new_stream(sink, schema)
    )
    with writer:
        for rows in _gathered(batches):
            writer.write_table(pa.Table.from_batches([_batch(rows, schema)]))
            yield sink.take()
    yield sink.take()


def _batch(rows: Rows, schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    columns = []
    for field in schema:
        values = [row[field.name] for row in rows]
        if pa.types.is_map(field.type):
            values = [None if value is None else list(value.items()) for value in values]
        columns.append(pa.array(values, field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _gathered(batches: Iterable[Rows]) -> Iterator[Rows]:
    """Batches combined, so that row groups are large enough."""
    part: list[dict[str, Any]] = []
    for rows in batches:
        part += rows
        if len(part) >= _BATCH:
            yield part
            part = []
    if part:
        yield part


class _Parts(io.RawIOBase):
    """A writable file whose content is read part by part."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._place = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._place += len(part)
        return len(part)

    def tell(self) -> int:
        return self._place

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
