"""The logical type of a column, read from the text that DuckDB writes for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from medallion.sql.relations import quote

MAX_DIGITS = 38  # of a DECIMAL
MAX_LEVELS = 32
MAX_LISTS = 10  # among the levels; each doubles the time in which DuckDB reads lists from Parquet
TOO_DEEP = f"{MAX_LEVELS} levels are read, of which {MAX_LISTS} may be lists or maps"

BITS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}
INTEGERS = {**BITS, **{f"U{name}": bits for name, bits in BITS.items()}}
FLOATS = ("FLOAT", "DOUBLE")
_NESTED = ("LIST", "STRUCT", "MAP")

_PARTS = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|[(),]|[^"\'(),]+')
_ARRAY = re.compile(r"^(.*)\[\d*\]$", re.DOTALL)


@dataclass(frozen=True)
class ColumnType:
    """A DuckDB type; `str()` gives its SQL. `NULL` is the type of a column without a value.

    `items` are the parts of a list, struct or map by name. `digits` is the largest number of digits
    before the point that the column's values have, where it is known from the values.
    """

    name: str
    precision: int = 0
    scale: int = 0
    items: tuple[tuple[str, ColumnType], ...] = ()
    detail: str = ""
    digits: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        match self.name:
            case "NULL":
                return '"NULL"'
            case "DECIMAL":
                return f"DECIMAL({self.precision},{self.scale})"
            case "LIST":
                return f"{self.items[0][1]}[]"
            case "STRUCT":
                return f"STRUCT({', '.join(f'{quote(name)} {item}' for name, item in self.items)})"
            case "MAP":
                return f"MAP({self.items[0][1]}, {self.items[1][1]})"
        return f"{self.name}{self.detail}"

    @property
    def number(self) -> bool:
        return self.name in INTEGERS or self.name in FLOATS or self.name == "DECIMAL"

    @property
    def nested(self) -> bool:
        return self.name in _NESTED

    @property
    def whole_digits(self) -> int:
        """The most digits that the whole part of an integer or decimal of this type can have."""
        if self.name == "DECIMAL":
            return self.precision - self.scale
        return len(str(2 ** (INTEGERS[self.name] - (not self.name.startswith("U")))))

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

    def too_deep(self, levels: int = MAX_LEVELS, lists: int = MAX_LISTS) -> bool:
        """Whether it nests deeper than these limits."""
        if self.nested:
            levels, lists = levels - 1, lists - (self.name != "STRUCT")
        return (
            levels < 0 or lists < 0 or any(item.too_deep(levels, lists) for _, item in self.items)
        )


NULL, TEXT = ColumnType("NULL"), ColumnType("VARCHAR")
EMPTY = ColumnType("STRUCT")  # of objects without a key; they are stored as text


@lru_cache(maxsize=4096)
def column_type(text: str) -> ColumnType:
    """Parse a type as DuckDB writes it, such as `DECIMAL(12,2)[]`."""
    text = text.strip()
    if (item := item_type(text)) is not None:
        return ColumnType("LIST", items=(("", column_type(item)),))
    if text in ('"NULL"', "NULL"):
        return NULL
    name, _, rest = text.partition("(")
    name = name.strip()
    match name if rest else "":
        case "DECIMAL":
            precision, scale = map(int, rest[:-1].split(","))
            return ColumnType("DECIMAL", precision, scale)
        case "STRUCT":
            fields = (split_field(part) for part in split_parts(rest[:-1]) if part)
            return ColumnType(
                "STRUCT", items=tuple((name, column_type(type_)) for name, type_ in fields)
            )
        case "MAP":
            key, value = split_parts(rest[:-1])
            return ColumnType(
                "MAP", items=(("key", column_type(key)), ("value", column_type(value)))
            )
    return ColumnType(name, detail=text.removeprefix(name))


def stored(type_: ColumnType) -> ColumnType:
    """The type under which Parquet keeps it: integers of 128 bits would become DOUBLE."""
    wide = ("HUGEINT", "UHUGEINT")
    return type_.map_leaves(
        lambda leaf: ColumnType("DECIMAL", MAX_DIGITS) if leaf.name in wide else leaf
    )


def agree(one: ColumnType, other: ColumnType) -> bool:
    """Whether the two types are equal wherever values decide them (NULL and EMPTY do not)."""
    if NULL in (one, other):
        return True
    if one.name == other.name == "STRUCT" and not (one.items and other.items):
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


def item_type(text: str) -> str | None:
    """The type of the items of a list or an array; None for other types."""
    array = _ARRAY.match(text)
    return array[1] if array else None


def split_parts(text: str) -> list[str]:
    """The parts of a nested type between its outermost commas."""
    depth, parts = 0, [""]
    for word in _PARTS.findall(text):
        depth += (word == "(") - (word == ")")
        if word == "," and not depth:
            parts.append("")
        else:
            parts[-1] += word
    return [part.strip() for part in parts]


def split_field(text: str) -> tuple[str, str]:
    """The name and the type of a field of a struct, such as `"my name" INTEGER`."""
    if text.startswith('"'):
        name = _PARTS.findall(text)[0]
        return name[1:-1].replace('""', '"'), text[len(name) :]
    name, _, type_ = text.partition(" ")
    return name, type_
