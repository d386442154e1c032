"""Rows that a process keeps for charts, in a fraction of the memory of dicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

_OBJECT_BYTES = 60  # of a Python object, about
_SAME = {bool, int, float, str, bytes, date}  # whose values Arrow does not change


class ArrowRows:
    """Rows as an Arrow array for each column. Each value comes back as it was."""

    def __init__(self, columns: Mapping[str, list[Any]]) -> None:
        self._columns = {name: _array(values) for name, values in columns.items()}

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> ArrowRows:
        """The columns of these names of rows."""
        return cls({name: [row[name] for row in rows] for name in names})

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def column(self, name: str) -> list[Any]:
        """All values of a column."""
        return [_value(item) for item in self._columns[name]]

    def __getitem__(self, number: int) -> dict[str, Any]:
        return {name: _value(column[number]) for name, column in self._columns.items()}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        columns = map(self.column, self._columns)
        return (dict(zip(self._columns, row, strict=True)) for row in zip(*columns, strict=True))

    @property
    def nbytes(self) -> int:
        """How many bytes of memory they take, about."""
        return sum(
            column.nbytes if isinstance(column, pa.Array) else len(column) * _OBJECT_BYTES
            for column in self._columns.values()
        )


def _array(values: list[Any]) -> Sequence[Any]:
    """An Arrow array, or the values themselves where Arrow would change or refuse one."""
    types = {type(value) for value in values if value is not None}
    if len(types) > 1:
        return values
    try:
        array: Sequence[Any] = pa.array(values)
    except (pa.ArrowException, OverflowError, UnicodeError):
        return values
    same = types <= _SAME or (
        _in_one_zone(values) if types == {datetime} else _equal(array, values)
    )
    return array if same else values


def _in_one_zone(values: list[Any]) -> bool:
    """Whether moments are all naive, or all in UTC."""
    zones = {value.tzinfo for value in values if value is not None}
    return zones in ({None}, {UTC})


def _equal(array: pa.Array, values: list[Any]) -> bool:
    """Whether the values of an array are written as these: also NaN, fields, types and digits."""
    return repr(array.to_pylist()) == repr(values)


def _value(item: Any) -> Any:
    return item.as_py() if isinstance(item, pa.Scalar) else item
