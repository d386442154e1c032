"""The keys and types of a JSON file, as DuckDB infers them; strings are never taken for dates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from medallion.contracts import literal

if TYPE_CHECKING:
    from medallion.contracts import Connection

MAX_DEPTH = 126  # levels of an object that DuckDB can read
TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"

_WHOLE = 32_000_000  # bytes; DuckDB needs several times the size in memory to infer the structure
_BATCH = 50_000  # values of a larger file whose structure is inferred together
_NUMBERS = ("UBIGINT", "BIGINT", "HUGEINT", "DOUBLE")


@dataclass(frozen=True)
class Structure:
    """The inferred types by key, nested like the values, and counts of values.

    `values` is the total, `others` those that are not objects, `deep` those that nest too deeply to
    be read.
    """

    types: Any
    values: int
    others: int
    deep: int


def structure(file: str, size: int, connection: Connection) -> Structure:
    """The structure of a file. Raises DuckDB's errors.

    Parameters: `file`, the arguments of DuckDB's `read_json_objects` as SQL; `size` of the file in
    bytes.
    """
    objects = f"read_json_objects({file}, hive_partitioning=false)"
    if size <= _WHOLE:
        return _of(objects, connection)
    return reduce(_combined, _of_batches(objects, connection))


def too_deep(text: str) -> str:
    """SQL that is true for JSON that nests too deeply for DuckDB. Short texts are not parsed."""
    brackets = f"strlen({text}) - strlen(replace(replace({text}, '[', ''), '{{', ''))"
    return (
        f"(case when strlen({text}) < 200 or {brackets} <= {MAX_DEPTH} then false"
        f" else json_valid({text}) and try(json_structure('[' || {text} || ']')) is null end)"
    )


def _loose(text: str) -> str:
    """SQL that is true for invalid JSON that DuckDB accepts: NaN, Infinity and trailing commas."""
    loose = literal(r"[:,\[]\s*-?(?i:nan|inf)|,\s*[}\]]")
    without_strings = f"""regexp_replace({text}, '"(?:[^"\\\\]|\\\\.)*"', '""', 'g')"""
    return (
        f"(case when regexp_matches({text}, {loose})"
        f" then regexp_matches({without_strings}, {loose}) else false end)"
    )


def _of(objects: str, connection: Connection) -> Structure:
    # json_group_structure does the same but takes four times as long. Keys are in the order of
    # their first value: threads read parts of the file in parallel, so the texts are ordered.
    query = f"""
        select
            json_structure(
                '[' || string_agg(text, ',' order by number) filter (not deep) || ']'
            ) -> 0,
            count(*),
            count(*) filter (json_type(json) <> 'OBJECT' or {_loose("text")}),
            count(*) filter (deep)
        from (
            select json, text, number, {too_deep("text")} as deep
            from (
                select json, json::varchar as text, row_number() over () as number from {objects}
            )
        )"""
    text, values, others, deep = connection.execute(query).fetchall()[0]
    types = json.loads(text) if text else "NULL"
    return Structure({} if types == "JSON" and not others else types, values, others, deep)


def _of_batches(objects: str, connection: Connection) -> Iterator[Structure]:
    values = connection.sql(f"select json::varchar as json from {objects}")
    with connection.cursor() as cursor:
        for batch in values.to_arrow_reader(_BATCH):
            cursor.register("_batch", batch)
            yield _of("(select json::json as json from _batch)", cursor)


def _combined(one: Structure, other: Structure) -> Structure:
    return Structure(
        merged(one.types, other.types),
        one.values + other.values,
        one.others + other.others,
        one.deep + other.deep,
    )


def merged(one: Any, other: Any) -> Any:
    """The types of the values of two structures together, as DuckDB would infer them."""
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
        if {one, other} == {"UBIGINT", "BIGINT"}:
            return "HUGEINT"
        return max(one, other, key=_NUMBERS.index)
    return "JSON"
