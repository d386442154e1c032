"""Types of columns as JSON Schema and as Arrow types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medallion.query.column_types import Kind

if TYPE_CHECKING:
    import pyarrow as pa

ENDLESS = ("-Infinity", "Infinity")  # infinite numbers in JSON

_SCHEMAS: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "decimal": {"type": "number", "exclusiveMinimum": -1e39, "exclusiveMaximum": 1e39},
    "float": {"anyOf": [{"type": "number"}, {"enum": list(ENDLESS)}]},
    "text": {"type": "string"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?$"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
}


# Of the OpenAPI format registry: RFC 3339 without the offset.
_LOCAL = {
    "type": "string",
    "format": "date-time-local",
    "description": "Has no time zone: 2024-12-31T23:59:59",
}


def schema_of(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of one value that is not null."""
    match kind.name:
        case "list":
            return {"type": "array", "items": nullable(kind.items[0][1])}
        case "struct":
            return {
                "type": "object",
                "properties": {name: nullable(item) for name, item in kind.items},
            }
        case "map":
            return {"type": "object", "additionalProperties": nullable(kind.items[1][1])}
    return _LOCAL if kind.name == "timestamp" and not kind.zoned else _SCHEMAS[kind.name]


def operand_schema(kind: Kind, operator: str) -> dict[str, Any]:
    """The JSON Schema of a filter's value: a timestamp may be compared with a day, too."""
    if kind.name != "timestamp" or operator in ("ne", "in"):
        return schema_of(kind)
    day = {"type": "string", "format": "date", "description": "The whole day"}
    return {"anyOf": [schema_of(kind), day]}


def nullable(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of a value that may be null."""
    return {"anyOf": [schema_of(kind), {"type": "null"}]}


def arrow_of(kind: Kind) -> pa.DataType:
    """The Arrow type that holds a column's values exactly."""
    import pyarrow as pa

    match kind.name:
        case "decimal":
            return pa.decimal128(38, kind.scale)
        case "timestamp":
            return pa.timestamp("us", "UTC" if kind.zoned else None)
        case "list":
            return pa.list_(arrow_of(kind.items[0][1]))
        case "struct":
            return pa.struct([(name, arrow_of(item)) for name, item in kind.items])
        case "map":
            return pa.map_(pa.string(), arrow_of(kind.items[1][1]))
    plain = {
        "integer": pa.int64(),
        "float": pa.float64(),
        "text": pa.string(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "time": pa.string(),
        "bytes": pa.binary(),
    }
    return plain[kind.name]
