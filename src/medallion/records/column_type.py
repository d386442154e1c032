"""The logical type of a column, as records store it and users read it: `int64`, `list<text>`.

No database and no engine is known here; each translates its own types to these.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

BITS = {f"int{bits}": bits for bits in (8, 16, 32, 64, 128)}
INTEGERS = {**BITS, **{f"u{name}": bits for name, bits in BITS.items()}}
FLOATS = ("float32", "float64")
NESTED = ("list", "struct", "map")
NAMES = frozenset(
    (
        *INTEGERS,
        *FLOATS,
        *NESTED,
        *("decimal", "boolean", "text", "json", "uuid", "binary", "null", "variant", "geometry"),
        *("date", "time", "time(ns)", "timetz", "interval"),
        *("timestamp(s)", "timestamp(ms)", "timestamp", "timestamp(ns)"),
        *("timestamptz", "timestamptz(ns)"),
    )
)

_PARTS = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|[<>(),]|[^"\'<>(),]+')
_FIELD = re.compile(r'("(?:[^"]|"")*"|[^":]+): (.*)', re.DOTALL)
_DECIMAL = re.compile(r"decimal\((\d+), ?(\d+)\)")
_PLAIN_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class ColumnType:
    """A logical type; `str()` gives its text. `null` is the type of a column without a value.

    `items` are the parts of a list, struct or map by name. `digits` is the largest number of digits
    before the point that the column's values have, where it is known from the values.
    """

    name: str
    precision: int = 0
    scale: int = 0
    items: tuple[tuple[str, ColumnType], ...] = ()
    digits: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        match self.name:
            case "decimal":
                return f"decimal({self.precision},{self.scale})"
            case "list" | "map":
                return f"{self.name}<{', '.join(str(item) for _, item in self.items)}>"
            case "struct":
                fields = (f"{_field_name(name)}: {item}" for name, item in self.items)
                return f"struct<{', '.join(fields)}>"
        return self.name

    @property
    def number(self) -> bool:
        return self.name in INTEGERS or self.name in FLOATS or self.name == "decimal"

    @property
    def nested(self) -> bool:
        return self.name in NESTED

    @property
    def whole_digits(self) -> int:
        """The most digits that the whole part of an integer or decimal of this type can have."""
        if self.name == "decimal":
            return self.precision - self.scale
        return len(str(2 ** (INTEGERS[self.name] - (self.name in BITS))))

    def map_leaves(self, leaf: Callable[[ColumnType], ColumnType]) -> ColumnType:
        """The type with every leaf (no list, struct or map) replaced, from left to right."""
        if not self.nested:
            return leaf(self)
        return replace(
            self, items=tuple((name, item.map_leaves(leaf)) for name, item in self.items)
        )

    def leaves(self) -> list[ColumnType]:
        """The parts other than lists, structs and maps, in the order of Parquet's columns."""
        if not self.nested:
            return [self]
        return [leaf for _, item in self.items for leaf in item.leaves()]


NULL, TEXT = ColumnType("null"), ColumnType("text")
EMPTY = ColumnType("struct")  # of objects without a key; they are stored as text


@lru_cache(maxsize=4096)
def column_type(text: str) -> ColumnType:
    """Parse a type, such as `list<decimal(12,2)>`; text that is none becomes a leaf's name."""
    name, bracket, rest = text.partition("<")
    parts = split_parts(rest.removesuffix(">"))
    match name, parts:
        case "list", [item]:
            return list_type(column_type(item))
        case "map", [key, value]:
            return map_type(column_type(key), column_type(value))
        case "struct", _ if bracket:
            fields = [match for part in parts if (match := _FIELD.fullmatch(part))]
            return ColumnType(
                "struct", items=tuple((unquoted(f[1]), column_type(f[2])) for f in fields)
            )
    decimal = _DECIMAL.fullmatch(text)
    return ColumnType("decimal", int(decimal[1]), int(decimal[2])) if decimal else ColumnType(text)


def list_type(item: ColumnType) -> ColumnType:
    return ColumnType("list", items=(("", item),))


def map_type(key: ColumnType, value: ColumnType) -> ColumnType:
    return ColumnType("map", items=(("key", key), ("value", value)))


def unknown(type_: ColumnType) -> list[str]:
    """The parts of a type that are not logical types, or that lack their parameters."""
    parameters = {"decimal": type_.precision, "list": type_.items, "map": type_.items}
    complete = parameters.get(type_.name, type_.name in NAMES)
    parts = [part for _, item in type_.items for part in unknown(item)]
    return parts if complete else [type_.name, *parts]


@lru_cache(maxsize=4096)
def _known(text: str) -> str:
    type_ = column_type(text)
    for name in unknown(type_):
        raise ValueError(
            f"{name!r} is not a type; write one such as text, int64, decimal(12,2) or list<text>"
        )
    return str(type_)


TypeText = Annotated[str, AfterValidator(_known)]
"""A logical type as text, always written the same way."""


def agree(one: ColumnType, other: ColumnType) -> bool:
    """Whether the two types are equal wherever values decide them (NULL and EMPTY do not)."""
    if NULL in (one, other):
        return True
    if one.name == other.name == "struct" and not (one.items and other.items):
        return True  # an empty object names no field
    names = [[name for name, _ in type_.items] for type_ in (one, other)]
    if not one.nested or one.name != other.name or names[0] != names[1]:
        return one == other
    return all(
        agree(left, right) for (_, left), (_, right) in zip(one.items, other.items, strict=True)
    )


def decided(type_: ColumnType) -> ColumnType:
    """The type with text wherever no value decides it: only nulls, empty lists, empty objects."""
    if type_ in (NULL, EMPTY):
        return TEXT
    return replace(type_, items=tuple((name, decided(item)) for name, item in type_.items))


def split_parts(text: str) -> list[str]:
    """The parts of a nested type, in this or in SQL's notation, between its outermost commas."""
    depth, parts = 0, [""]
    for word in _PARTS.findall(text):
        depth += (word in "<(") - (word in ">)")
        if word == "," and not depth:
            parts.append("")
        else:
            parts[-1] += word
    return [part.strip() for part in parts]


def _field_name(name: str) -> str:
    escaped = name.replace('"', '""')
    return name if _PLAIN_NAME.fullmatch(name) else f'"{escaped}"'


def unquoted(name: str) -> str:
    """A field's name without the quotes that it may have."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
