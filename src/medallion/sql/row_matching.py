"""Rows that equal other rows in some columns, for following rows back through steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from medallion.errors import StepError
from medallion.plural import count_of
from medallion.sql.duckdb_types import type_of
from medallion.sql.expressions import public
from medallion.sql.relations import ASIDE, ROW, Inputs, quote, stored
from medallion.sql.storable_columns import TEXT_OF

if TYPE_CHECKING:
    from medallion.sql.relations import Relation

CLOSE = 1e-9  # the relative difference of floats that are the same figure, added in another order


def matching(rows: Relation, others: Relation, names: Iterable[str], inputs: Inputs) -> Relation:
    """The rows that equal one of `others` in these columns, where NULL equals NULL.

    Without columns, all rows if there are others.
    """
    pairs = [f"r.{quote(name)} is not distinct from o.{quote(name)}" for name in names]
    query = f"select r.* from r semi join o on {' and '.join(pairs) or 'true'}"
    return inputs.sql(query, r=rows, o=others)


def of_keys(rows: Relation, others: Relation, names: Iterable[str], inputs: Inputs) -> Relation:
    """The rows computed again whose key one of `others` has as it is stored.

    Raises StepError when `others` have keys that no row has.
    """
    types = _types(others)
    pairs = [
        f"{_stored(rows, name, types[name])} is not distinct from o.{quote(name)}" for name in names
    ]
    return _all_recognised(rows, others, pairs, inputs)


def equal_others(rows: Relation, some: Relation, inputs: Inputs) -> int:
    """How many of the rows equal one of `some`, which are of them, and are not among these."""
    return len(matching(rows, some, public(some), inputs)) - len(some)


def recognised(
    rows: Relation, others: Relation, pairs: Mapping[str, str], inputs: Inputs
) -> Relation:
    """The rows that were computed again and equal one of `others`.

    `pairs` has columns of `others` by columns of `rows`. Floats may differ a little, as their sums
    depend on the order of the rows. Raises StepError when some of `others` are not recognised.
    """
    there = _types(others)
    floats = {name for name, other in pairs.items() if _rounded(there[other])}
    exact = floats if len(floats) == len(pairs) else frozenset[str]()
    tests = []
    for name, other in pairs.items():
        left, right = _stored(rows, name, there[other]), f"o.{quote(other)}"
        same = f"{left} is not distinct from {right}"
        if name not in floats or name in exact:
            tests.append(same)
        elif there[other] in ("FLOAT", "DOUBLE"):
            tests.append(f"({same} or abs({left} - {right}) <= {CLOSE} * abs({right}))")
    return _all_recognised(rows, others, tests, inputs)


def _all_recognised(
    rows: Relation, others: Relation, tests: Sequence[str], inputs: Inputs
) -> Relation:
    """The rows that meet the tests with one of `others`, computed.

    Raises StepError when some of `others` meet them with no row.
    """
    condition = " and ".join(tests) or "true"
    same = inputs.sql(f"select r.* from r semi join o on {condition}", r=rows, o=others)
    if inputs.incomplete or not tests:
        return same
    same = stored(same, inputs.connection)
    missing = len(inputs.sql(f"select o.* from o anti join r on {condition}", r=same, o=others))
    if missing:
        raise StepError(f"{count_of(missing, 'row')} could not be recognised when computed again")
    return same


def _types(rows: Relation) -> dict[str, str]:
    return dict(zip(rows.columns, map(str, rows.types), strict=True))


def _stored(rows: Relation, name: str, type_: str) -> str:
    """SQL of a column of `r`, which are the rows, as it is stored in another type."""
    value = f"r.{quote(name)}"
    if _types(rows)[name] == type_:
        return value
    text_of = TEXT_OF.get(type_of(rows, name).name) if type_ == "VARCHAR" else None
    return text_of(value) if text_of else f"cast({value} as {type_})"


def marked(rows: Relation) -> Relation:
    """The rows with their `_row` in `_aside` too, which steps pass on as any other column."""
    return rows.project(f"*, {ROW} as {ASIDE}")


def marks(rows: Relation, others: Relation, inputs: Inputs) -> Relation:
    """The `_row` of the marked rows that rows equal to one of `others` were made of."""
    pairs = {name: name for name in public(others) if name in rows.columns}
    same = recognised(rows, others, pairs, inputs)
    return same.filter(f"{ASIDE} is not null").project(f"{ASIDE} as {ROW}")


def joined(parts: Sequence[Relation]) -> Relation:
    """The rows of several relations of the same columns."""
    first, *others = parts
    for other in others:
        first = first.union(other)
    return first


def _rounded(type_: str) -> bool:
    return "FLOAT" in type_ or "DOUBLE" in type_
