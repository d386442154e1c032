"""The distinct values of columns in parts of the rows, from which those of all rows are counted.

Integers are bits of bitmaps, one for each 65,536 numbers that have a value among them: bitmaps are
combined in a fraction of the time that the values take. Other values are lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from medallion.sql.expressions import columns_sql, kinds
from medallion.sql.relations import Inputs, quote, stored

if TYPE_CHECKING:
    from medallion.sql.relations import Relation

BITS, VALUES = "bits_", "values_"  # before the name of the column whose distinct values they are
SIZE = "rows_of_group"  # the column that counts the rows of a group
CHUNK = 1 << 16  # numbers of one bitmap
SMALL = 1 << 20  # bytes of bitmaps that are stored however few rows there are
PER_ROW = 4  # bytes of bitmaps for each row, at most, if they are larger
FEW = 10_000  # listed values that are stored however few rows there are
SHARE = 4  # rows for each listed value, at least, if there are more values

_INTEGERS = frozenset(
    ("tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger")
)


def has_integers(rows: Relation, columns: Iterable[str]) -> bool:
    """Whether one of the columns has integers: then `with_parts` reads the rows several times."""
    return any(kinds(rows)[column] in _INTEGERS for column in columns)


def list_columns(rows: Relation, columns: Mapping[str, str]) -> dict[str, str]:
    """SQL that each group needs for `with_parts`, by name: of other columns than integers.

    `columns` has the columns by the names under which their distinct values are counted.
    """
    lists = {
        VALUES + name: f"list(distinct {quote(column)}) filter ({quote(column)} is not null)"
        for name, column in columns.items()
        if kinds(rows)[column] not in _INTEGERS
    }
    return {**lists, SIZE: "count(*)"} if lists else {}


def with_parts(
    groups: Relation, rows: Relation, keys: Sequence[str], columns: Sequence[str], inputs: Inputs
) -> Relation | None:
    """A row for each group, as `groups` has it, with the distinct values of columns of its rows.

    `groups` has the `list_columns`. None when the values are nearly as large as the rows. `rows`
    should be cheap to read several times, if some of the columns have integers.
    """
    if SIZE in groups.columns:
        groups = stored(groups, inputs.connection)
        lists = [name for name in groups.columns if name.startswith(VALUES)]
        lengths = [f"coalesce(sum(len({quote(name)})), 0)" for name in lists]
        *sizes, size = groups.aggregate(
            ", ".join([*lengths, f"coalesce(sum({SIZE}), 0)"])
        ).fetchall()[0]
        if max(sizes) > max(FEW, size // SHARE):
            return None
        groups = groups.project(f"* exclude ({SIZE})")
    integers = [column for column in columns if kinds(rows)[column] in _INTEGERS]
    relations = {"groups": groups}
    if integers:
        (size,) = rows.aggregate("count(*)").fetchall()[0]
    for column in integers:
        part = _bitmaps(rows, keys, column, size, inputs)
        if part is None:
            return None
        relations[f"part_of_{len(relations)}"] = part
    return _joined(relations, keys, inputs)


def with_counts(partials: Relation, keys: Sequence[str], inputs: Inputs) -> Relation:
    """Partial results whose distinct values are replaced by their number in all of the group.

    That number is the same in all rows of the group, and NULL when there is none.
    """
    parts = [name for name in partials.columns if name.startswith((BITS, VALUES))]
    if not parts:
        return partials
    others = columns_sql(name for name in partials.columns if name not in parts)
    # What is read several times, of a file, is the narrow list of one column.
    relations = {"groups": partials.project(others)}
    for name in parts:
        count = _bits_count if name.startswith(BITS) else _values_count
        relations[f"part_of_{len(relations)}"] = count(partials, keys, name, inputs)
    return _joined(relations, keys, inputs)


def _joined(relations: dict[str, Relation], keys: Sequence[str], inputs: Inputs) -> Relation:
    """The rows of the first relation, with the columns of each other one by key."""
    first, *others = relations
    columns = [f"{first}.*"]
    for name in others:
        columns += [f"{name}.{quote(each)}" for each in relations[name].columns[len(keys) :]]
    joins = "".join(f" left join {name} on {_same(first, name, keys)}" for name in others)
    return inputs.sql(f"select {', '.join(columns)} from {first}{joins}", **relations)


def _same(one: str, two: str, keys: Sequence[str]) -> str:
    equal = (f"{one}.{quote(key)} is not distinct from {two}.{quote(key)}" for key in keys)
    return " and ".join(equal) or "true"


def _bitmaps(
    rows: Relation, keys: Sequence[str], column: str, size: int, inputs: Inputs
) -> Relation | None:
    number = f"cast({quote(column)} as bigint)"
    chunks = f"{_listed(keys)}{number} - ({number} & {CHUNK - 1}) as chunk"
    known = f"from rows where {quote(column)} is not null"
    counted = inputs.sql(f"select count(*) from (select distinct {chunks} {known})", rows=rows)
    if counted.fetchall()[0][0] * CHUNK // 8 > max(SMALL, PER_ROW * size):
        return None
    bits = f"bitstring_agg(cast({number} & {CHUNK - 1} as integer), 0, {CHUNK - 1})"
    return inputs.sql(
        f"select {_listed(keys)}list(struct_pack(chunk := chunk, bits := bits)) as "
        f"{quote(BITS + column)} from (select {chunks}, cast({bits} as blob) as bits {known} "
        f"group by all) {_by(keys)}",
        rows=rows,
    )


def _bits_count(partials: Relation, keys: Sequence[str], name: str, inputs: Inputs) -> Relation:
    each = f"select {_listed(keys)}unnest({quote(name)}) as part from partials"
    chunks = (
        f"select {_listed(keys)}bit_count(bit_or(cast(part.bits as bit))) as size "
        f"from ({each}) group by {_listed(keys)}part.chunk"
    )
    count = f"cast(sum(size) as bigint) as {quote(name.removeprefix(BITS))}"
    query = f"select {_listed(keys)}{count} from ({chunks}) {_by(keys)}"
    return inputs.sql(query, partials=partials)


def _values_count(partials: Relation, keys: Sequence[str], name: str, inputs: Inputs) -> Relation:
    each = f"select {_listed(keys)}unnest({quote(name)}) as part from partials"
    count = f"count(distinct part) as {quote(name.removeprefix(VALUES))}"
    query = f"select {_listed(keys)}{count} from ({each}) {_by(keys)}"
    return inputs.sql(query, partials=partials)


def _listed(keys: Sequence[str]) -> str:
    return "".join(f"{quote(key)}, " for key in keys)


def _by(keys: Sequence[str]) -> str:
    return f"group by {columns_sql(keys)}" if keys else ""
