"""Avro's types as Arrow's, and values of the ones that differ."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

Convert = Callable[[Any], Any]

_MOST_LEVELS = 100
_MOST_DIGITS = 76  # of an Arrow decimal
_DAY = 86_400_000  # milliseconds
_NAMED = ("record", "error", "enum", "fixed")


class AvroTypeError(Exception):
    """The schema is invalid, or has a type that cannot be read."""


@dataclass(frozen=True)
class AvroKind:
    """How values of a type are read.

    `plain` is the type without logical types, so that values come as they are encoded; `convert`
    makes of them what Arrow takes, and raises ValueError for one that is not of the type.
    """

    arrow: pa.DataType
    plain: Any
    convert: Convert | None = None
    empty: bool = False  # a value may take no bytes


@dataclass
class AvroTypes:
    """Translates the types of one schema."""

    _named: dict[str, Any] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def kind(self, schema: Any, space: str = "", level: int = 0) -> AvroKind:
        """The kind of a type. Raises AvroTypeError."""
        if level > _MOST_LEVELS:
            raise AvroTypeError(f"its types nest more than {_MOST_LEVELS} levels deep")
        if isinstance(schema, list):
            return self._union(schema, space, level)
        if isinstance(schema, str):
            return self._plain(schema) or self._reference(schema, space, level)
        if not isinstance(schema, Mapping) or "type" not in schema:
            raise AvroTypeError(f"its schema has an invalid type: {str(schema)[:80]}")
        type_ = schema["type"]
        if not isinstance(type_, str):
            return self.kind(type_, space, level + 1)
        if type_ in _NAMED:
            return self._definition(schema, space, level)
        if type_ in ("array", "map"):
            return self._collection(schema, type_, space, level)
        return self._logical(schema, self.kind(type_, space, level + 1))

    def _plain(self, name: str) -> AvroKind | None:
        import pyarrow as pa

        types = {
            "null": pa.null(),
            "boolean": pa.bool_(),
            "int": pa.int32(),
            "long": pa.int64(),
            "float": pa.float32(),
            "double": pa.float64(),
            "bytes": pa.binary(),
            "string": pa.string(),
        }
        return AvroKind(types[name], name, empty=name == "null") if name in types else None

    def _reference(self, name: str, space: str, level: int) -> AvroKind:
        full = name if "." in name or not space else f"{space}.{name}"
        full = full if full in self._named else name
        if full not in self._named:
            raise AvroTypeError(f"its schema has no type {name!r}")
        if full in self._open:  # a record inside one of its own type
            return _as_json(full)
        kind = self.kind(self._named[full], space, level + 1)
        return AvroKind(kind.arrow, full, kind.convert, kind.empty)

    def _definition(self, schema: Mapping[str, Any], space: str, level: int) -> AvroKind:
        import pyarrow as pa

        name, own = str(schema.get("name", "")), schema.get("namespace", space)
        full = name if "." in name or not own else f"{own}.{name}"
        self._named[full] = schema
        plain = {"type": schema["type"], "name": full}
        if schema["type"] == "enum":
            return AvroKind(pa.string(), {**plain, "symbols": schema.get("symbols")})
        if schema["type"] == "fixed":
            size = schema.get("size")
            kind = AvroKind(pa.binary(), {**plain, "size": size}, empty=not size)
            return self._logical(schema, kind)
        self._open.append(full)
        kinds = {
            str(each["name"]): self.kind(each["type"], full.rpartition(".")[0], level + 1)
            for each in schema.get("fields", ())
        }
        self._open.pop()
        fields = [{"name": name, "type": kind.plain} for name, kind in kinds.items()]
        arrow = pa.struct([(name, kind.arrow) for name, kind in kinds.items()])
        converts = {name: kind.convert for name, kind in kinds.items() if kind.convert}
        convert = _struct(converts) if converts else None
        empty = all(kind.empty for kind in kinds.values())
        return AvroKind(arrow, {**plain, "fields": fields}, convert, empty)

    def _collection(
        self, schema: Mapping[str, Any], type_: str, space: str, level: int
    ) -> AvroKind:
        import pyarrow as pa

        key = "items" if type_ == "array" else "values"
        item = self.kind(schema.get(key), space, level + 1)
        plain = {"type": type_, key: item.plain}
        if type_ == "map":
            return AvroKind(pa.map_(pa.string(), item.arrow), plain, _pairs(item.convert))
        if item.empty:
            raise AvroTypeError("it has a list of values that take no bytes")
        return AvroKind(pa.list_(item.arrow), plain, _each(item.convert) if item.convert else None)

    def _union(self, schema: list[Any], space: str, level: int) -> AvroKind:
        kinds = [self.kind(each, space, level + 1) for each in schema]
        plain = [kind.plain for kind in kinds]
        others = [kind for kind in kinds if kind.plain != "null"]
        if len(others) == 1:
            return AvroKind(
                others[0].arrow, plain, others[0].convert and _nullable(others[0].convert)
            )
        if not others:
            return AvroKind(kinds[0].arrow, plain) if kinds else _as_json(plain)
        if {kind.plain for kind in others if isinstance(kind.plain, str)} == {"int", "long"}:
            widest = next(kind for kind in others if kind.plain == "long")
            return AvroKind(widest.arrow, plain)
        return _as_json(plain)

    def _logical(self, schema: Mapping[str, Any], kind: AvroKind) -> AvroKind:
        import pyarrow as pa

        logical, base = schema.get("logicalType"), schema["type"]
        precision, scale = schema.get("precision"), schema.get("scale", 0)
        is_decimal = logical == "decimal" and base in ("bytes", "fixed")
        if is_decimal and isinstance(precision, int) and isinstance(scale, int):
            if not 0 <= scale <= precision or precision < 1:
                return kind
            wide = precision > _MOST_DIGITS
            arrow = pa.string() if wide else pa.decimal256(precision, scale)
            if precision <= 38:
                arrow = pa.decimal128(precision, scale)
            return AvroKind(arrow, kind.plain, _decimal(precision, scale, as_text=wide))
        zones = {"timestamp": "UTC", "local-timestamp": None}
        units = {"millis": "ms", "micros": "us", "nanos": "ns"}
        name, _, unit = str(logical).rpartition("-")
        match base, name:
            case "int", "" if logical == "date":
                return AvroKind(pa.date32(), kind.plain)
            case "int", "time" if unit == "millis":
                return AvroKind(pa.time32("ms"), kind.plain, _within(_DAY))
            case "long", "time" if unit == "micros":
                return AvroKind(pa.time64("us"), kind.plain, _within(_DAY * 1000))
            case "long", ("timestamp" | "local-timestamp") if unit in units:
                return AvroKind(pa.timestamp(units[unit], zones[name]), kind.plain)
        return kind


def _as_json(plain: Any) -> AvroKind:
    """The kind of values that have no common type."""
    import pyarrow as pa

    return AvroKind(pa.string(), plain, _nullable(_json))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda data: bytes(data).hex())


def _nullable(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _each(convert: Convert) -> Convert:
    return lambda values: [convert(value) for value in values]


def _pairs(convert: Convert | None) -> Convert:
    if convert is None:
        return lambda values: list(values.items())
    return lambda values: [(key, convert(value)) for key, value in values.items()]


def _struct(converts: Mapping[str, Convert]) -> Convert:
    def convert(value: dict[str, Any]) -> dict[str, Any]:
        return value | {name: each(value[name]) for name, each in converts.items()}

    return convert


def _within(limit: int) -> Convert:
    def convert(value: int) -> int:
        if not 0 <= value < limit:
            raise ValueError(f"{value} is not a time of day")
        return value

    return convert


def _decimal(precision: int, scale: int, *, as_text: bool) -> Convert:
    def convert(value: bytes) -> Decimal | str:
        unscaled = int.from_bytes(value, "big", signed=True)
        if abs(unscaled) >= 10**precision:
            raise ValueError(f"a decimal has more than {precision} digits")
        number = Decimal(f"{unscaled}E-{scale}")
        return f"{number:f}" if as_text else number

    return convert
