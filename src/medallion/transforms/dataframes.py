"""The frames that a user's function takes and returns: pandas, Arrow, Polars, DuckDB's relation."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from medallion.contracts import ORIGIN, ROW, Inputs
from medallion.errors import StepError
from medallion.sql.expressions import columns_sql

if TYPE_CHECKING:
    import pyarrow as pa

    from medallion.contracts import Relation

_KINDS = {
    ("pandas", "DataFrame"): "pandas",
    ("pyarrow", "Table"): "arrow",
    ("polars", "DataFrame"): "polars",
    ("polars", "LazyFrame"): "lazy",
    ("duckdb", "DuckDBPyRelation"): "relation",
    ("_duckdb", "DuckDBPyRelation"): "relation",
    ("medallion", "Relation"): "relation",
}
_USUAL = {"pd": "pandas", "pa": "pyarrow", "pl": "polars"}
CHOICES = (
    "pandas.DataFrame, pyarrow.Table, polars.DataFrame, polars.LazyFrame or duckdb.DuckDBPyRelation"
)


def kind_of(class_: type) -> str | None:
    """The kind of frame of a class, without importing any library; None for other classes."""
    named = ((base.__module__.partition(".")[0], base.__name__) for base in class_.__mro__)
    return next((_KINDS[name] for name in named if name in _KINDS), None)


def annotated_kind(function: Callable[..., Any], parameter: str) -> str | None:
    """The kind of frame of a parameter's annotation, also of names imported for type checkers."""
    called = function if hasattr(function, "__code__") else type(function).__call__
    annotation = getattr(called, "__annotations__", {}).get(parameter)
    if isinstance(annotation, type):
        return kind_of(annotation)
    if not isinstance(annotation, str):
        return None
    prefix, _, name = annotation.strip("'\" ").rpartition(".")
    scope = getattr(sys.modules.get(function.__module__), "__dict__", {})
    if not prefix:
        class_ = scope.get(name)
        if isinstance(class_, type):
            return kind_of(class_)
        matches = {kind for (_, known), kind in _KINDS.items() if known == name}
        return matches.pop() if len(matches) == 1 else None
    head = prefix.partition(".")[0]
    package = getattr(scope.get(head), "__name__", _USUAL.get(head, head)).partition(".")[0]
    return _KINDS.get((package, name))


def to_frame(kind: str, rows: Relation) -> Any:
    """A relation as a frame of this kind.

    Decimals stay exact; in pandas, whole numbers and booleans are nullable.
    """
    if kind == "relation":
        return rows
    table = rows.to_arrow_table()
    if kind == "arrow":
        return table
    if kind == "pandas":
        return _to_pandas(table)
    import polars as pl

    frame = cast("pl.DataFrame", pl.from_arrow(table))
    return frame.lazy() if kind == "lazy" else frame


def to_arrow(frame: Any, like: Relation) -> pa.Table:
    """A frame other than a relation as an Arrow table.

    `like` are the rows that the function got: pandas has no dates, so columns that were dates there
    become dates again. Raises StepError when a column has no valid type.
    """
    import pyarrow as pa

    kind = kind_of(type(frame))
    if kind == "arrow":
        return _of_microseconds(frame)
    if kind in ("polars", "lazy"):
        return _of_microseconds((frame.collect() if kind == "lazy" else frame).to_arrow())
    if any(name is not None for name in frame.index.names):
        frame = _with_index(frame)
    strange = [name for name in frame.columns if not isinstance(name, str)]
    if strange:
        raise StepError(f"the column {strange[0]!r} of what it returned is not named by text")
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError) as error:
        raise StepError(
            f"what it returned is not a table: {error}", hint="give each column values of one type"
        ) from error
    return _of_microseconds(_dates_again(table.replace_schema_metadata(), like))


def to_rows(name: str, frame: Any, rows: Relation, inputs: Inputs, *, same: bool) -> Relation:
    """What the function `name` returned for these rows as a relation.

    `same` is whether it has grain "same". Raises StepError when it is not such a table.
    """
    kind = kind_of(type(frame))
    if kind is None:
        raise StepError(
            f"{name} returned {type(frame).__name__}, not a table", hint=f"return a {CHOICES}"
        )
    if kind == "relation":
        relation: Relation = inputs.sql("select * from frame", frame=frame)
    else:
        try:
            table = to_arrow(frame, rows)
        except StepError as error:
            raise StepError(f"{name}: {error.message}", hint=error.hint) from error
        relation = inputs.connection.from_arrow(table)
        if same:
            _verify(name, table, rows)
    reserved = {ROW, ORIGIN} & set(relation.columns)
    if same and len(reserved) < 2:
        raise StepError(f"{name} must return the columns {ROW} and {ORIGIN} of its rows")
    if not same and reserved:
        raise StepError(f"{name} returned a column {min(reserved)!r}, which is reserved")
    return relation


def _verify(name: str, table: pa.Table, rows: Relation) -> None:
    if {ROW, ORIGIN} <= set(table.column_names):
        expected = rows.project(columns_sql((ROW, ORIGIN))).to_arrow_table()
        returned = table.select([ROW, ORIGIN]).cast(expected.schema)
        if returned.sort_by(ROW).equals(expected.sort_by(ROW)):
            return
    raise StepError(
        f"{name} is marked grain='same', but did not return each row once "
        f"with its {ROW} and {ORIGIN}",
        hint="keep both columns and every row, or leave `grain` out",
    )


def _with_index(frame: Any) -> Any:
    """The frame with its index as columns. Raises StepError when there are columns of its names."""
    twice = [name for name in frame.index.names if name in frame.columns]
    if twice:
        raise StepError(
            f"what it returned has both a column and an index {twice[0]!r}",
            hint="return it with `.reset_index(drop=True)`, or rename the index",
        )
    return frame.reset_index()


def _of_microseconds(table: pa.Table) -> pa.Table:
    """The table with microseconds instead of nanoseconds with a time zone, which DuckDB lacks."""
    import pyarrow as pa

    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns" and field.type.tz:
            column = table.column(index).cast(pa.timestamp("us", field.type.tz), safe=False)
            table = table.set_column(index, field.name, column)
    return table


def _to_pandas(table: pa.Table) -> Any:
    import pandas as pd
    import pyarrow as pa

    nullable = {
        pa.int8(): pd.Int8Dtype(),
        pa.int16(): pd.Int16Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.uint8(): pd.UInt8Dtype(),
        pa.uint16(): pd.UInt16Dtype(),
        pa.uint32(): pd.UInt32Dtype(),
        pa.uint64(): pd.UInt64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    return table.to_pandas(types_mapper=nullable.get, date_as_object=False)


def _dates_again(table: pa.Table, like: Relation) -> pa.Table:
    import pyarrow as pa

    dates = {name for name, kind in zip(like.columns, like.types, strict=True) if kind.id == "date"}
    for index, field in enumerate(table.schema):
        if field.name in dates and pa.types.is_timestamp(field.type) and not field.type.tz:
            days = table.column(index).cast(pa.date32())  # which drops a time of day
            if days.cast(field.type).equals(table.column(index)):
                table = table.set_column(index, field.name, days)
    return table
