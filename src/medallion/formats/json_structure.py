"""What keys and types a JSON file holds, as DuckDB groups them: no text is taken for a date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from medallion.contracts import literal

if TYPE_CHECKING:
    from medallion.contracts import Connection

TOO_DEEP = "nested more than 100 levels deep"

_WHOLE = 32_000_000  # bytes; to find the structure DuckDB holds all it looks at in memory, several times over
_BATCH = 50_000  # values of a larger file that are looked at together
_NUMBERS = ("UBIGINT", "BIGINT", "HUGEINT", "DOUBLE")


@dataclass(frozen=True)
class Structure:
    """`types` by key, nested as the values are; of `values` in all, `others` are no objects and `deep` ones unread."""

    types: Any
    values: int
    others: int
    deep: int


def structure(file: str, size: int, connection: Connection) -> Structure:
    """The structure of a file of so many bytes, `file` being read_json_objects' arguments. Raises DuckDB's errors."""
    objects = f"read_json_objects({file}, hive_partitioning=false)"
    if size <= _WHOLE:
        return _of(objects, connection)
    return reduce(_together, _of_batches(objects, connection))


def too_deep(text: str) -> str:
    """SQL that is true for JSON nested so deeply that DuckDB would fail; most is too short for that."""
    brackets = f"strlen({text}) - strlen(replace(replace({text}, '[', ''), '{{', ''))"
    return (
        f"(case when strlen({text}) < 200 or {brackets} <= 100 then false"
        f" else json_valid({text}) and try(json_structure('[' || {text} || ']')) is null end)"
    )


def _loose(text: str) -> str:
    """SQL that is true for what DuckDB lets pass although JSON has it not: NaN, Infinity and commas too many."""
    loose = literal(r"[:,\[]\s*-?(?i:nan|inf)|,\s*[}\]]")
    bare = f"""regexp_replace({text}, '"(?:[^"\\\\]|\\\\.)*"', '""', 'g')"""
    return f"(case when regexp_matches({text}, {loose}) then regexp_matches({bare}, {loose}) else false end)"


def _of(objects: str, connection: Connection) -> Structure:
    # json_group_structure does the same in four times the time. Keys come in the order of their first
    # value: threads read parts of the file at the same time, so the texts are joined by their number.
    query = f"""
        select
            json_structure('[' || string_agg(text, ',' order by number) filter (not deep) || ']') -> 0,
            count(*),
            count(*) filter (json_type(json) <> 'OBJECT' or {_loose("text")}),
            count(*) filter (deep)
        from (
            select json, text, number, {too_deep("text")} as deep
            from (
                select json, json::varchar as text, row_number() over () as number from {objects}
            )
        )"""
    found, values, others, deep = connection.execute(query).fetchall()[0]
    types = json.loads(found) if found else "NULL"
    return Structure({} if types == "JSON" and not others else types, values, others, deep)


def _of_batches(objects: str, connection: Connection) -> Iterator[Structure]:
    with connection.cursor() as beside:
        for batch in connection.sql(f"select json::varchar as json from {objects}").to_arrow_reader(
            _BATCH
        ):
            beside.register("_batch", batch)
            yield _of("(select json::json as json from _batch)", beside)


def _together(one: Structure, other: Structure) -> Structure:
    return Structure(
        merged(one.types, other.types),
        one.values + other.values,
        one.others + other.others,
        one.deep + other.deep,
    )


def merged(one: Any, other: Any) -> Any:
    """The structure of values of two structures, as DuckDB would find it for all of them together."""
    if one == other or other == "NULL":
        return one
    if one == "NULL":
        return other
    if isinstance(one, dict) and isinstance(other, dict):
        return {
            key: merged(one.get(key, "NULL"), other.get(key, "NULL")) for key in {**one, **other}
        }
    if isinstance(one, list) and isinstance(other, list):
        return [merged(one[0], other[0])]
    if one in _NUMBERS and other in _NUMBERS:
        return (
            "HUGEINT"
            if {one, other} == {"UBIGINT", "BIGINT"}
            else max(one, other, key=_NUMBERS.index)
        )
    return "JSON"
