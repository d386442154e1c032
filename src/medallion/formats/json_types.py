"""The types that JSON values are read as: what their structure says, and what only the values themselves can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from medallion.contracts import literal, quote
from medallion.sql.common_type import EMPTY, MAX_LEVELS, MAX_LISTS, NULL, TEXT, ColumnType

if TYPE_CHECKING:
    from medallion.contracts import Connection

Path = tuple[str | None, ...]
"""The keys that lead to a value; None for any item of a list."""

_WHOLE = ("UBIGINT", "BIGINT", "HUGEINT")
_LEAVES = {
    **dict.fromkeys(_WHOLE, ColumnType("BIGINT")),
    "NULL": NULL,
    "JSON": TEXT,
    "TEXT": TEXT,
    "NUMBER": TEXT,
    "EMPTY": EMPTY,
    "WIDE": ColumnType("DECIMAL", 38),
}

# What is read as text although it is none in the file: JSON of several types, JSON that no type holds, exact numbers.
_AS_TEXT = {"JSON": "JSON", "TEXT": "JSON", "NUMBER": "NUMBER"}
_IN_FILE = {**_LEAVES, **{kind: ColumnType(name) for kind, name in _AS_TEXT.items()}}

# What the values of a leaf are asked: {0} is JSON, {1} its text.
_TESTS = {
    "JSON": "bool_or({0}::varchar not in ('{{}}', 'null'))",  # else they are empty objects, which decide no type
    "DOUBLE": "bool_or(regexp_full_match({1}, '-?[0-9]{{16,}}')"
    " and not coalesce(try_cast(try_cast({1} as double) as hugeint) = try_cast({1} as hugeint), false))",
    "WHOLE": "bool_or({1} is not null and try_cast({1} as bigint) is null)",
}


def cut(structure: Any, levels: int = MAX_LEVELS, lists: int = MAX_LISTS) -> Any:
    """The structure with JSON text in the place of what nests too deeply, or cannot be a STRUCT: its keys differ in
    case alone, or one is empty."""
    if isinstance(structure, list):
        return [cut(structure[0], levels - 1, lists - 1)] if levels and lists else "TEXT"
    if isinstance(structure, dict):
        if (
            not levels
            or "" in structure
            or len({key.casefold() for key in structure}) < len(structure)
        ):
            return "TEXT"
        return {key: cut(item, levels - 1, lists) for key, item in structure.items()}
    return structure


def looked_at(structure: Mapping[str, Any], objects: str, connection: Connection) -> dict[str, Any]:
    """The structure after a look at the values of `objects`, SQL with a column `json`.

    Whole numbers among others may be too long for a DOUBLE: text. Objects may all be empty.
    """
    places = [(path, kind) for path, kind in _leaves(structure) if kind in ("JSON", "DOUBLE")]
    answers = _asked([(path, kind) for path, kind in places], objects, connection)
    found = dict(structure)
    for (path, kind), answer in zip(places, answers, strict=True):
        if kind == "JSON" and not answer:
            found = _with(found, path, "EMPTY")
        elif kind == "DOUBLE" and answer:
            found = _with(found, path, "NUMBER")
    return found


def widened(structure: Mapping[str, Any], objects: str, connection: Connection) -> dict[str, Any]:
    """The structure with decimals for the whole numbers that leave 64 bits."""
    places = [path for path, kind in _leaves(structure) if kind in _WHOLE]
    answers = _asked([(path, "WHOLE") for path in places], objects, connection)
    found = dict(structure)
    for path, answer in zip(places, answers, strict=True):
        found = _with(found, path, "WIDE") if answer else found
    return found


def column_types(structure: Mapping[str, Any]) -> dict[str, ColumnType]:
    """Types by column, of a structure as `json_group_structure` writes it; undecided where no value decides."""
    return {column: _type(kind) for column, kind in structure.items()}


def source_types(structure: Mapping[str, Any]) -> dict[str, str]:
    """Types by column of what a file holds, where it is read as text although it is not: `JSON[]`, `NUMBER`."""
    texts = {name: kind for name, kind in structure.items() if holds({name: kind}, *_AS_TEXT)}
    return {name: str(_type(kind, _IN_FILE)) for name, kind in texts.items()}


def holds(structure: Mapping[str, Any], *kinds: str) -> bool:
    """Whether some value is of one of these kinds."""
    return any(kind in kinds for _, kind in _leaves(structure))


def mixed(structure: Mapping[str, Any]) -> Iterator[str]:
    """What to warn of: the values that are read as text because no type holds them all."""
    for path, kind in _leaves(structure):
        if kind in ("JSON", "NUMBER"):
            yield f"{_shown(path)!r} has values of no one type and was read as text"
        elif kind == "TEXT":
            yield f"{_shown(path)!r} nests too deeply, or has keys that no column can have, and was read as JSON text"


def _type(kind: Any, leaves: Mapping[str, ColumnType] = _LEAVES) -> ColumnType:
    if isinstance(kind, list):
        return ColumnType("LIST", items=(("", _type(kind[0], leaves)),))
    if isinstance(kind, dict):
        items = tuple((key, _type(item, leaves)) for key, item in kind.items())
        return ColumnType("STRUCT", items=items)
    return leaves.get(kind) or ColumnType(kind)


def _leaves(structure: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(structure, list):
        yield from _leaves(structure[0], (*path, None))
    elif isinstance(structure, dict):
        for key, item in structure.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path, structure


def exact_numbers(structure: Any) -> Any:
    """The structure with exact numbers in the place of DOUBLE."""
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


def _asked(questions: list[tuple[Path, str]], objects: str, connection: Connection) -> list[bool]:
    """Whether the test of each kind holds for some value at its path."""
    if not questions:
        return []
    tests = ", ".join(_test(path, kind) for path, kind in questions)
    return [
        bool(answer)
        for answer in connection.execute(f"select {tests} from {objects}").fetchall()[0]
    ]


def _test(path: Path, kind: str) -> str:
    if None not in path:
        pointer = literal(
            "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in path)
        )
        return _TESTS[kind].format(f"(json -> {pointer})", f"(json ->> {pointer})")
    if any(key is not None and ('"' in key or "\\" in key) for key in path):
        return "true"  # DuckDB's paths cannot name such a key: text is always exact
    steps = literal("$" + "".join("[*]" if key is None else f".{quote(key)}" for key in path))
    inner = _TESTS[kind].format("x", "x").removeprefix("bool_or(").removesuffix(")")
    extract = "json_extract" if kind == "JSON" else "json_extract_string"
    return f"bool_or(list_bool_or(list_transform({extract}(json, {steps}), lambda x: {inner})))"


def _shown(path: Path) -> str:
    return "".join("[]" if key is None else f".{key}" for key in path).removeprefix(".")
