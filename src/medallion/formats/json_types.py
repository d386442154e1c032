"""The types that JSON values are read as, by their structure and by a look at the values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from medallion.contracts import literal, quote
from medallion.records.column_type import EMPTY, NULL, TEXT, ColumnType, list_type
from medallion.sql.duckdb_types import MAX_LEVELS, MAX_LISTS, logical_type

if TYPE_CHECKING:
    from medallion.contracts import Connection

Path = tuple[str | None, ...]
"""The keys that lead to a value; None for any item of a list."""

_WHOLE = ("UBIGINT", "BIGINT", "HUGEINT")
_LEAVES = {
    **dict.fromkeys(_WHOLE, ColumnType("int64")),
    "NULL": NULL,
    "JSON": TEXT,
    "TEXT": TEXT,
    "NUMBER": TEXT,
    "EMPTY": EMPTY,
    "WIDE": ColumnType("decimal", 38),
}

# Values that are read as text but are not strings: of several types, of no type, exact numbers.
_AS_TEXT = {"JSON": "json", "TEXT": "json", "NUMBER": "number"}
_IN_FILE = {**_LEAVES, **{kind: ColumnType(name) for kind, name in _AS_TEXT.items()}}

# SQL tests over the values of a leaf: {0} is the JSON, {1} its text.
_TESTS = {
    # some value is not an empty object, which decides no type
    "JSON": "bool_or({0}::varchar not in ('{{}}', 'null'))",
    # some integer is too long for a DOUBLE
    "DOUBLE": "bool_or(regexp_full_match({1}, '-?[0-9]{{16,}}') and not coalesce("
    "try_cast(try_cast({1} as double) as hugeint) = try_cast({1} as hugeint), false))",
    # some integer does not fit 64 bits
    "WHOLE": "bool_or({1} is not null and try_cast({1} as bigint) is null)",
}


def cut(structure: Any, levels: int = MAX_LEVELS, lists: int = MAX_LISTS) -> Any:
    """The structure with JSON text in place of values that nest too deeply or cannot be a STRUCT.

    A STRUCT cannot have an empty key, or keys that differ only in case.
    """
    if isinstance(structure, list):
        return [cut(structure[0], levels - 1, lists - 1)] if levels and lists else "TEXT"
    if isinstance(structure, dict):
        ambiguous = len({key.casefold() for key in structure}) < len(structure)
        if not levels or "" in structure or ambiguous:
            return "TEXT"
        return {key: cut(item, levels - 1, lists) for key, item in structure.items()}
    return structure


def looked_at(structure: Mapping[str, Any], objects: str, connection: Connection) -> dict[str, Any]:
    """The structure refined by the values of `objects`, SQL of a relation with the column `json`.

    Integers among other numbers that are too long for a DOUBLE become text. JSON whose values are
    all empty objects becomes EMPTY.
    """
    leaves = [(path, kind) for path, kind in _leaves(structure) if kind in ("JSON", "DOUBLE")]
    answers = _test_values(leaves, objects, connection)
    refined = dict(structure)
    for (path, kind), answer in zip(leaves, answers, strict=True):
        if kind == "JSON" and not answer:
            refined = _with(refined, path, "EMPTY")
        elif kind == "DOUBLE" and answer:
            refined = _with(refined, path, "NUMBER")
    return refined


def widened(structure: Mapping[str, Any], objects: str, connection: Connection) -> dict[str, Any]:
    """The structure with decimals in place of integers that do not fit 64 bits."""
    paths = [path for path, kind in _leaves(structure) if kind in _WHOLE]
    answers = _test_values([(path, "WHOLE") for path in paths], objects, connection)
    refined = dict(structure)
    for path, answer in zip(paths, answers, strict=True):
        refined = _with(refined, path, "WIDE") if answer else refined
    return refined


def column_types(structure: Mapping[str, Any]) -> dict[str, ColumnType]:
    """The types by column of a structure as DuckDB's `json_structure` writes it.

    A column whose values are all null or empty has an undecided type.
    """
    return {column: _type(kind) for column, kind in structure.items()}


def source_types(structure: Mapping[str, Any]) -> dict[str, str]:
    """The types in the file of columns that are read as text but are not, such as `number`."""
    texts = {name: kind for name, kind in structure.items() if holds({name: kind}, *_AS_TEXT)}
    return {name: str(_type(kind, _IN_FILE)) for name, kind in texts.items()}


def holds(structure: Mapping[str, Any], *kinds: str) -> bool:
    """Whether the structure has a leaf of one of these kinds."""
    return any(kind in kinds for _, kind in _leaves(structure))


def mixed(structure: Mapping[str, Any]) -> Iterator[str]:
    """Warnings of the values that are read as text because they have no common type."""
    for path, kind in _leaves(structure):
        if kind in ("JSON", "NUMBER"):
            yield f"{_shown(path)!r} has values without a common type and was read as text"
        elif kind == "TEXT":
            fault = "nests too deeply, or has keys that no column can have"
            yield f"{_shown(path)!r} {fault}, and was read as JSON text"


def _type(kind: Any, leaves: Mapping[str, ColumnType] = _LEAVES) -> ColumnType:
    if isinstance(kind, list):
        return list_type(_type(kind[0], leaves))
    if isinstance(kind, dict):
        items = tuple((key, _type(item, leaves)) for key, item in kind.items())
        return ColumnType("struct", items=items)
    return leaves.get(kind) or logical_type(kind)


def _leaves(structure: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(structure, list):
        yield from _leaves(structure[0], (*path, None))
    elif isinstance(structure, dict):
        for key, item in structure.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path, structure


def exact_numbers(structure: Any) -> Any:
    """The structure with exact numbers in place of DOUBLE."""
    for path, kind in _leaves(structure):
        if kind == "DOUBLE":
            structure = _with(structure, path, "NUMBER")
    return structure


def _with(structure: Any, path: Path, kind: str) -> Any:
    if not path:
        return kind
    if isinstance(structure, list):
        return [_with(structure[0], path[1:], kind)]
    return {**structure, path[0]: _with(structure[path[0]], path[1:], kind)}


def _test_values(
    leaves: list[tuple[Path, str]], objects: str, connection: Connection
) -> list[bool]:
    """For each path and kind: whether the test of the kind is true for some value at the path."""
    if not leaves:
        return []
    tests = ", ".join(_test(path, kind) for path, kind in leaves)
    (answers,) = connection.execute(f"select {tests} from {objects}").fetchall()
    return [bool(answer) for answer in answers]


def _test(path: Path, kind: str) -> str:
    if None not in path:
        pointer = literal(
            "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in path)
        )
        return _TESTS[kind].format(f"(json -> {pointer})", f"(json ->> {pointer})")
    if any(key is not None and ('"' in key or "\\" in key) for key in path):
        return "true"  # DuckDB's paths cannot express such a key; text is always exact
    steps = literal("$" + "".join("[*]" if key is None else f".{quote(key)}" for key in path))
    inner = _TESTS[kind].format("x", "x").removeprefix("bool_or(").removesuffix(")")
    extract = "json_extract" if kind == "JSON" else "json_extract_string"
    return f"bool_or(list_bool_or(list_transform({extract}(json, {steps}), lambda x: {inner})))"


def _shown(path: Path) -> str:
    return "".join("[]" if key is None else f".{key}" for key in path).removeprefix(".")
