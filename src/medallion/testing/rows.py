"""Small tables in a test: what a user writes as rows, and telling two of them apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    Row: TypeAlias = Mapping[str, Any]
    Rows: TypeAlias = Sequence[Row] | pa.Table | pd.DataFrame | pl.DataFrame

SHOWN = 20  # differences that a message shows


def assert_rows(actual: Rows, expected: Rows, *, ignore_order: bool = True) -> None:
    """Assert that two tables have the same rows, each as often, with the same columns.

    Parameters: both are dicts, an Arrow table, or a pandas or Polars frame; `ignore_order` False asks for
    the same order too. Values are compared by `==`, so `Decimal("1.50")` is `1.5` and `pytest.approx` works
    in `expected`; a NaN is a NaN. Raises AssertionError with what is missing, unexpected or differs.
    """
    __tracebackhide__ = True
    found, wanted = as_dicts(actual), as_dicts(expected)
    differences = list(_unordered(found, wanted) if ignore_order else _ordered(found, wanted))
    if differences:
        more = [f"… and {len(differences) - SHOWN:,} more"] if len(differences) > SHOWN else []
        heading = f"the rows differ: {len(found):,} there, {len(wanted):,} expected"
        raise AssertionError(
            "\n".join([heading, *_columns(found, wanted), *differences[:SHOWN], *more])
        )


def as_dicts(rows: Rows) -> list[dict[str, Any]]:
    """Rows as dicts."""
    if isinstance(rows, Sequence):
        return [dict(row) for row in rows]
    found: list[dict[str, Any]] = as_table(rows).to_pylist()
    return found


def as_table(rows: Rows) -> pa.Table:
    """Rows as an Arrow table; of dicts, its columns are the keys of all, in the order they come."""
    import pyarrow as pa

    if isinstance(rows, pa.Table):
        return rows
    if isinstance(rows, Sequence):
        names = dict.fromkeys(name for row in rows for name in row)
        return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})
    frame: Any = rows
    if type(frame).__module__.startswith("polars"):
        return frame.to_arrow()
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()


def _unordered(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> Iterator[str]:
    missing, unexpected = [], list(found)
    for row in wanted:
        match = next((n for n, other in enumerate(unexpected) if _same(other, row)), None)
        if match is None:
            missing.append(row)
        else:
            del unexpected[match]
    for row in missing:
        near = max(unexpected, key=lambda other: _alike(other, row), default=None)
        if near is None or _alike(near, row) * 2 < len(row):
            yield f"- missing: {row}"
        else:
            unexpected.remove(near)
            yield _cells(near, row)
    yield from (f"+ unexpected: {row}" for row in unexpected)


def _ordered(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> Iterator[str]:
    for number in range(max(len(found), len(wanted))):
        if number >= len(wanted):
            yield f"+ row {number}, unexpected: {found[number]}"
        elif number >= len(found):
            yield f"- row {number}, missing: {wanted[number]}"
        elif not _same(found[number], wanted[number]):
            yield f"row {number}, {_cells(found[number], wanted[number])}"


def _columns(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> Iterator[str]:
    there, expected = ({name: None for row in rows for name in row} for rows in (found, wanted))
    if found and wanted:
        for told, names in (
            ("missing", expected.keys() - there),
            ("unexpected", there.keys() - expected),
        ):
            if names:
                yield f"columns {told}: {', '.join(sorted(names))}"


def _cells(found: Row, wanted: Row) -> str:
    same = {
        name: value
        for name, value in wanted.items()
        if name in found and _equal(found[name], value)
    }
    lines = [f"differs: {same}"]
    for name in dict.fromkeys([*wanted, *found]):
        if name not in same:
            there, expected = (
                repr(row[name]) if name in row else "no such column" for row in (found, wanted)
            )
            lines += [f"    {name}:", f"      - {expected}", f"      + {there}"]
    return "\n".join(lines)


def _same(found: Row, wanted: Row) -> bool:
    return found.keys() == wanted.keys() and all(
        _equal(found[name], value) for name, value in wanted.items()
    )


def _alike(found: Row, wanted: Row) -> int:
    return sum(name in found and _equal(found[name], value) for name, value in wanted.items())


def _equal(found: object, wanted: object) -> bool:
    if isinstance(found, float) and isinstance(wanted, float) and found != found:
        return wanted != wanted
    return bool(found == wanted)
