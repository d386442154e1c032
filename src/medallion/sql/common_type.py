"""The one type that holds the values of several column types exactly.

DuckDB's own rules for mixed types round: int64 with float64 gives float64, decimal(38,0) with
decimal(38,10) drops digits, and boolean with int64 turns true into 1. Wherever values of two
columns meet (the files of a table, `union`, `join`, `references`, `unpivot`), the rules are these
instead: an exact common type, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from medallion.records.column_type import BITS, FLOATS, INTEGERS, NULL, TEXT, ColumnType
from medallion.sql.duckdb_types import MAX_DIGITS

_DOUBLE_DIGITS, _FLOAT_DIGITS = 15, 6  # whole numbers with this number of digits are exact

_TEXTS = ("text", "uuid", "json")
EXACT_IN = {  # moments by the wider types that hold each of their values, the best first
    "date": ("timestamp", "timestamp(ns)"),
    "timestamp(s)": ("timestamp", "timestamp(ns)"),
    "timestamp(ms)": ("timestamp", "timestamp(ns)"),
    "timestamp": ("timestamp", "timestamp(ns)"),
    "timestamp(ns)": ("timestamp(ns)",),
    "timestamptz": ("timestamptz", "timestamptz(ns)"),
    "timestamptz(ns)": ("timestamptz(ns)",),
    "time": ("time", "time(ns)"),
    "time(ns)": ("time(ns)",),
}
DATES = frozenset(name for name in EXACT_IN if name not in ("time", "time(ns)"))
Leaf = Callable[[Sequence["ColumnType"]], "ColumnType | None"]


def common_type(types: Sequence[ColumnType]) -> ColumnType | None:
    """The type that holds every value of all these types exactly; None when there is none."""
    return _common(types, _exact_leaf)


def common_if_small(types: Sequence[ColumnType]) -> ColumnType | None:
    """The common type, or else one that holds all numbers that are small enough.

    `exact_casts.checked` then checks each value.
    """
    small = [
        type_.map_leaves(lambda leaf: replace(leaf, digits=0))
        for type_ in types
        if not type_.nested
    ]
    return common_type(types) or (common_type(small) if len(small) == len(types) else None)


def common_or_text(types: Sequence[ColumnType]) -> ColumnType | None:
    """The common type, or else text: for numbers without one, and for values that meet text.

    None when neither keeps the values: a list against text, a time with a zone against one without.
    """
    return _common(types, _leaf_or_text)


def _common(types: Sequence[ColumnType], leaf: Leaf) -> ColumnType | None:
    types = [type_ for type_ in types if type_ != NULL]
    if not types:
        return NULL
    if all(type_ == types[0] for type_ in types):
        return types[0]
    names = {type_.name for type_ in types}
    if names == {"struct"}:
        return _common_struct(types, leaf)
    if names in ({"list"}, {"map"}):
        items = []
        for parts in zip(*(type_.items for type_ in types), strict=True):
            item = _common([part for _, part in parts], leaf)
            if item is None:
                return None
            items.append((parts[0][0], item))
        return replace(types[0], items=tuple(items))
    return leaf(types)


def _common_struct(types: Sequence[ColumnType], leaf: Leaf) -> ColumnType | None:
    """A struct with the fields of all structs; a field that a struct lacks is NULL in it."""
    parts: dict[str, list[ColumnType]] = {}
    for type_ in types:
        for name, item in type_.items:
            parts.setdefault(name, []).append(item)
    items = {name: _common(field_types, leaf) for name, field_types in parts.items()}
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
    if all(type_.number or type_.name == "boolean" for type_ in types):
        return TEXT
    readable = names <= {*INTEGERS, *FLOATS, *_TEXTS, *EXACT_IN, "decimal", "boolean"}
    return TEXT if readable and names & set(_TEXTS) else None


def _common_number(types: Sequence[ColumnType]) -> ColumnType | None:
    names = {type_.name for type_ in types}
    if names <= INTEGERS.keys():
        return _common_integer(types)
    exact = [type_ for type_ in types if type_.name not in FLOATS]
    known = [type_.whole_digits if type_.digits is None else type_.digits for type_ in exact]
    if names & set(FLOATS):
        if any(type_.scale for type_ in exact):
            return None
        small = all(type_.whole_digits <= _FLOAT_DIGITS for type_ in exact)
        if small and "float64" not in names:
            return ColumnType("float32")
        fits = all(digits <= _DOUBLE_DIGITS for digits in known)
        return ColumnType("float64") if fits else None
    scale = max(type_.scale for type_ in exact)
    whole_digits = max(type_.whole_digits for type_ in exact)
    if whole_digits + scale <= MAX_DIGITS:
        return ColumnType("decimal", whole_digits + scale, scale)
    return ColumnType("decimal", MAX_DIGITS, scale) if max(known) + scale <= MAX_DIGITS else None


def _common_integer(types: Sequence[ColumnType]) -> ColumnType | None:
    signed = max((INTEGERS[type_.name] for type_ in types if type_.name in BITS), default=0)
    unsigned = max((INTEGERS[type_.name] for type_ in types if type_.name not in BITS), default=0)
    if not signed:
        return ColumnType(f"uint{unsigned}")
    bits = max(signed, 2 * unsigned)
    if bits > 128:
        return None
    if bits == 128 and signed < 128:
        # int64 with uint64; Parquet would keep an int128 as a float64.
        return ColumnType("decimal", 20, 0)
    return ColumnType(f"int{bits}")
