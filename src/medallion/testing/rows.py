"""Small tables in a test: rows as users write them, and the differences between two tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    Row: TypeAlias = Mapping[str, Any]
    Rows: TypeAlias = Sequence[Row] | pa.Table | pd.DataFrame | pl.DataFrame

SHOWN = 20  # differences listed in a message


def assert_rows(actual: Rows, expected: Rows, *, ignore_order: bool = True) -> None:
    """Assert that two tables have the same columns and the same rows, each as often.

    Parameters: `actual` and `expected` are lists of dicts, Arrow tables, or pandas or Polars
    frames; with `ignore_order=False` the rows must be in the same order too. Values are compared by
    `==`, so `Decimal("1.50")` equals `1.5`, and `pytest.approx` works in `expected`; NaN equals
    NaN. Raises AssertionError that lists missing, unexpected and different rows.
    """
    __tracebackhide__ = True
    actual_rows, expected_rows = as_dicts(actual), as_dicts(expected)
    differences = list(
        _differences_by_content(actual_rows, expected_rows)
        if ignore_order
        else _differences_by_position(actual_rows, expected_rows)
    )
    if differences:
        more = [f"… and {len(differences) - SHOWN:,} more"] if len(differences) > SHOWN else []
        heading = f"the rows differ: {len(actual_rows):,} actual, {len(expected_rows):,} expected"
        raise AssertionError(
            "\n".join(
                [
                    heading,
                    *_column_differences(actual_rows, expected_rows),
                    *differences[:SHOWN],
                    *more,
                ]
            )
        )


def as_dicts(rows: Rows) -> list[dict[str, Any]]:
    """Rows as dicts."""
    if isinstance(rows, Sequence):
        return [dict(row) for row in rows]
    dicts: list[dict[str, Any]] = as_table(rows).to_pylist()
    return dicts


def as_table(rows: Rows) -> pa.Table:
    """Rows as an Arrow table; the columns of dicts are all their keys, in order of appearance."""
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


def _differences_by_content(
    actual: list[dict[str, Any]], expected: list[dict[str, Any]]
) -> Iterator[str]:
    missing, unexpected = [], list(actual)
    for row in expected:
        match = next(
            (n for n, candidate in enumerate(unexpected) if _equal_rows(candidate, row)), None
        )
        if match is None:
            missing.append(row)
        else:
            del unexpected[match]
    for row in missing:
        closest = max(unexpected, key=lambda candidate: _equal_cells(candidate, row), default=None)
        if closest is None or _equal_cells(closest, row) * 2 < len(row):
            yield f"- missing: {row}"
        else:
            unexpected.remove(closest)
            yield _cell_differences(closest, row)
    yield from (f"+ unexpected: {row}" for row in unexpected)


def _differences_by_position(
    actual: list[dict[str, Any]], expected: list[dict[str, Any]]
) -> Iterator[str]:
    for number in range(max(len(actual), len(expected))):
        if number >= len(expected):
            yield f"+ row {number}, unexpected: {actual[number]}"
        elif number >= len(actual):
            yield f"- row {number}, missing: {expected[number]}"
        elif not _equal_rows(actual[number], expected[number]):
            yield f"row {number}, {_cell_differences(actual[number], expected[number])}"


def _column_differences(
    actual: list[dict[str, Any]], expected: list[dict[str, Any]]
) -> Iterator[str]:
    actual_names, expected_names = (
        {name: None for row in rows for name in row} for rows in (actual, expected)
    )
    if actual and expected:
        for problem, names in (
            ("missing", expected_names.keys() - actual_names),
            ("unexpected", actual_names.keys() - expected_names),
        ):
            if names:
                yield f"columns {problem}: {', '.join(sorted(names))}"


def _cell_differences(actual: Row, expected: Row) -> str:
    same = {
        name: value
        for name, value in expected.items()
        if name in actual and _equal_values(actual[name], value)
    }
    lines = [f"differs: {same}"]
    for name in dict.fromkeys([*expected, *actual]):
        if name not in same:
            actual_cell, expected_cell = (
                repr(row[name]) if name in row else "no such column" for row in (actual, expected)
            )
            lines += [f"    {name}:", f"      - {expected_cell}", f"      + {actual_cell}"]
    return "\n".join(lines)


def _equal_rows(actual: Row, expected: Row) -> bool:
    return actual.keys() == expected.keys() and all(
        _equal_values(actual[name], value) for name, value in expected.items()
    )


def _equal_cells(actual: Row, expected: Row) -> int:
    return sum(
        name in actual and _equal_values(actual[name], value) for name, value in expected.items()
    )


def _equal_values(actual: object, expected: object) -> bool:
    if isinstance(actual, float) and isinstance(expected, float) and actual != actual:
        return expected != expected
    return bool(actual == expected)
