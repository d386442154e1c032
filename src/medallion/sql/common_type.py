"""The logical type of a column, and the one type that holds the values of several exactly.

DuckDB's own rules for mixed types round: BIGINT with DOUBLE gives DOUBLE, DECIMAL(38,0) with DECIMAL(38,10) drops
digits, and BOOLEAN with BIGINT turns true into 1. Wherever values of two columns meet (the files of a table, `union`,
`join`, `references`, `unpivot`), the rules are these instead: an exact common type, or none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from medallion.sql.relations import quote

MAX_DIGITS = 38  # of a DECIMAL
MAX_LEVELS = 32
MAX_LISTS = (
    10  # among the levels: the time DuckDB takes to read lists from Parquet doubles with each
)
TOO_DEEP = f"{MAX_LEVELS} levels are read, of which {MAX_LISTS} may be lists or maps"
_DOUBLE_DIGITS, _FLOAT_DIGITS = 15, 6  # whole numbers of so many digits are exact in it

_BITS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}
_INTEGERS = {**_BITS, **{f"U{name}": bits for name, bits in _BITS.items()}}
_FLOATS = ("FLOAT", "DOUBLE")
_TEXTS = ("VARCHAR", "UUID", "JSON", "ENUM")
_NESTED = ("LIST", "STRUCT", "MAP")
EXACT_IN = {  # moments by the wider types that hold each of their values, the best first
    "DATE": ("TIMESTAMP", "TIMESTAMP_NS"),
    "TIMESTAMP_S": ("TIMESTAMP", "TIMESTAMP_NS"),
    "TIMESTAMP_MS": ("TIMESTAMP", "TIMESTAMP_NS"),
    "TIMESTAMP": ("TIMESTAMP", "TIMESTAMP_NS"),
    "TIMESTAMP_NS": ("TIMESTAMP_NS",),
    "TIMESTAMP WITH TIME ZONE": ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"),
    "TIMESTAMPTZ_NS": ("TIMESTAMPTZ_NS",),
    "TIME": ("TIME", "TIME_NS"),
    "TIME_NS": ("TIME_NS",),
}
DATES = frozenset(name for name in EXACT_IN if name not in ("TIME", "TIME_NS"))
Leaf = Callable[[Sequence["ColumnType"]], "ColumnType | None"]

_PARTS = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|[(),]|[^"\'(),]+')
_ARRAY = re.compile(r"^(.*)\[\d*\]$", re.DOTALL)


@dataclass(frozen=True)
class ColumnType:
    """A type as DuckDB has it, `str` of it being its SQL. `NULL`, of a column without a value, decides nothing.

    `items` are the parts of a list, struct or map by name. `digits` bounds how many digits the whole part of the
    values has, where that is known from the values themselves.
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
        return self.name in _INTEGERS or self.name in _FLOATS or self.name == "DECIMAL"

    @property
    def nested(self) -> bool:
        return self.name in _NESTED

    @property
    def whole_digits(self) -> int:
        """The most digits that the whole part of an integer or decimal of this type can have."""
        if self.name == "DECIMAL":
            return self.precision - self.scale
        return len(str(2 ** (_INTEGERS[self.name] - (not self.name.startswith("U")))))

    def map_leaves(self, leaf: Callable[[ColumnType], ColumnType]) -> ColumnType:
        """The same with every part that is no list, struct or map replaced, from left to right."""
        if not self.nested:
            return leaf(self)
        return replace(
            self, items=tuple((name, item.map_leaves(leaf)) for name, item in self.items)
        )

    def leaves(self) -> list[ColumnType]:
        """The parts that are no list, struct or map, from left to right: the order of Parquet's columns."""
        if not self.nested:
            return [self]
        return [leaf for _, item in self.items for leaf in item.leaves()]

    def too_deep(self, levels: int = MAX_LEVELS, lists: int = MAX_LISTS) -> bool:
        """Whether it nests deeper than is read."""
        if self.nested:
            levels, lists = levels - 1, lists - (self.name != "STRUCT")
        return (
            levels < 0 or lists < 0 or any(item.too_deep(levels, lists) for _, item in self.items)
        )


NULL, TEXT = ColumnType("NULL"), ColumnType("VARCHAR")
EMPTY = ColumnType("STRUCT")  # of objects without a key; they are kept as text


@lru_cache(maxsize=4096)
def column_type(text: str) -> ColumnType:
    """The type that DuckDB writes as `text`, such as `DECIMAL(12,2)[]`."""
    text = text.strip()
    if array := _ARRAY.match(text):
        return ColumnType("LIST", items=(("", column_type(array[1])),))
    if text in ('"NULL"', "NULL"):
        return NULL
    name, _, rest = text.partition("(")
    name = name.strip()
    match name if rest else "":
        case "DECIMAL":
            precision, scale = map(int, rest[:-1].split(","))
            return ColumnType("DECIMAL", precision, scale)
        case "STRUCT":
            return ColumnType(
                "STRUCT", items=tuple(_struct_field(part) for part in _split(rest[:-1]) if part)
            )
        case "MAP":
            key, value = _split(rest[:-1])
            return ColumnType(
                "MAP", items=(("key", column_type(key)), ("value", column_type(value)))
            )
    return ColumnType(name, detail=text.removeprefix(name))


def common_type(types: Sequence[ColumnType]) -> ColumnType | None:
    """The type that holds every value of all these types exactly; None when there is none."""
    return _common(types, _exact_leaf)


def common_if_small(types: Sequence[ColumnType]) -> ColumnType | None:
    """The common type, or the one for numbers that are small enough for it, as `checked` makes sure of each value."""
    small = [
        type_.map_leaves(lambda leaf: replace(leaf, digits=0))
        for type_ in types
        if not type_.nested
    ]
    return common_type(types) or (common_type(small) if len(small) == len(types) else None)


def common_or_text(types: Sequence[ColumnType]) -> ColumnType | None:
    """The common type, or text in the place of numbers without one and of values that meet text elsewhere.

    None when neither keeps the values as they are: a list against text, true against 1, a time with a zone against
    one without.
    """
    return _common(types, _leaf_or_text)


def stored(type_: ColumnType) -> ColumnType:
    """The type that Parquet keeps it as: integers of 128 bits would be DOUBLE there."""
    wide = ("HUGEINT", "UHUGEINT")
    return type_.map_leaves(
        lambda leaf: ColumnType("DECIMAL", MAX_DIGITS) if leaf.name in wide else leaf
    )


def agree(one: ColumnType, other: ColumnType) -> bool:
    """Whether the two are one type as far as values have decided them."""
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
    """The type with text wherever no value has decided it: nulls alone, empty lists, empty objects."""
    if type_ in (NULL, EMPTY):
        return TEXT
    return replace(type_, items=tuple((name, decided(item)) for name, item in type_.items))


def _common(types: Sequence[ColumnType], leaf: Leaf) -> ColumnType | None:
    types = [type_ for type_ in types if type_ != NULL]
    if not types:
        return NULL
    if all(type_ == types[0] for type_ in types):
        return types[0]
    names = {type_.name for type_ in types}
    if names == {"STRUCT"}:
        return _common_struct(types, leaf)
    if names in ({"LIST"}, {"MAP"}):
        items = []
        for parts in zip(*(type_.items for type_ in types), strict=True):
            item = _common([part for _, part in parts], leaf)
            if item is None:
                return None
            items.append((parts[0][0], item))
        return replace(types[0], items=tuple(items))
    return leaf(types)


def _common_struct(types: Sequence[ColumnType], leaf: Leaf) -> ColumnType | None:
    """All fields of all structs: one that a struct lacks is NULL in it."""
    parts: dict[str, list[ColumnType]] = {}
    for type_ in types:
        for name, item in type_.items:
            parts.setdefault(name, []).append(item)
    items = {name: _common(found, leaf) for name, found in parts.items()}
    if None in items.values() or len({name.casefold() for name in items}) < len(items):
        return None
    return replace(
        types[0], items=tuple((name, item) for name, item in items.items() if item is not None)
    )


def _exact_leaf(types: Sequence[ColumnType]) -> ColumnType | None:
    if all(type_.number for type_ in types):
        return _common_number(types)
    if all(type_.name in _TEXTS for type_ in types):
        return TEXT
    wider = [EXACT_IN.get(type_.name, ()) for type_ in types]
    return next(
        (ColumnType(name) for name in wider[0] if all(name in names for names in wider)), None
    )


def _leaf_or_text(types: Sequence[ColumnType]) -> ColumnType | None:
    exact = _exact_leaf(types)
    if exact is not None or all(type_.number for type_ in types):
        return exact or TEXT
    names = {type_.name for type_ in types}
    if all(type_.number or type_.name == "BOOLEAN" for type_ in types):
        return TEXT
    readable = names <= {*_INTEGERS, *_FLOATS, *_TEXTS, *EXACT_IN, "DECIMAL", "BOOLEAN"}
    return TEXT if readable and names & set(_TEXTS) else None


def _common_number(types: Sequence[ColumnType]) -> ColumnType | None:
    names = {type_.name for type_ in types}
    if names <= _INTEGERS.keys():
        return _common_integer(types)
    exact = [type_ for type_ in types if type_.name not in _FLOATS]
    known = [type_.whole_digits if type_.digits is None else type_.digits for type_ in exact]
    if names & set(_FLOATS):
        whole = all(type_.scale == 0 for type_ in exact)
        if (
            whole
            and "DOUBLE" not in names
            and all(type_.whole_digits <= _FLOAT_DIGITS for type_ in exact)
        ):
            return ColumnType("FLOAT")
        return (
            ColumnType("DOUBLE")
            if whole and all(digits <= _DOUBLE_DIGITS for digits in known)
            else None
        )
    scale, whole_digits = (
        max(type_.scale for type_ in exact),
        max(type_.whole_digits for type_ in exact),
    )
    if whole_digits + scale <= MAX_DIGITS:
        return ColumnType("DECIMAL", whole_digits + scale, scale)
    return ColumnType("DECIMAL", MAX_DIGITS, scale) if max(known) + scale <= MAX_DIGITS else None


def _common_integer(types: Sequence[ColumnType]) -> ColumnType | None:
    signed = max(
        (_INTEGERS[type_.name] for type_ in types if not type_.name.startswith("U")), default=0
    )
    unsigned = max(
        (_INTEGERS[type_.name] for type_ in types if type_.name.startswith("U")), default=0
    )
    if not signed:
        return ColumnType(next(f"U{name}" for name, bits in _BITS.items() if bits == unsigned))
    bits = max(signed, 2 * unsigned)
    if bits > 128:
        return None
    if bits == 128 and signed < 128:
        return ColumnType(
            "DECIMAL", 20, 0
        )  # BIGINT with UBIGINT; a HUGEINT would be a DOUBLE in Parquet
    return ColumnType(next(name for name, width in _BITS.items() if width == bits))


def _split(text: str) -> list[str]:
    """The parts of a type between its outermost commas."""
    depth, parts = 0, [""]
    for word in _PARTS.findall(text):
        depth += (word == "(") - (word == ")")
        if word == "," and not depth:
            parts.append("")
        else:
            parts[-1] += word
    return [part.strip() for part in parts]


def _struct_field(text: str) -> tuple[str, ColumnType]:
    if text.startswith('"'):
        name = _PARTS.findall(text)[0]
        return name[1:-1].replace('""', '"'), column_type(text[len(name) :])
    name, _, type_ = text.partition(" ")
    return name, column_type(type_)
