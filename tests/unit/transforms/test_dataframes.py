"""Frames of a user's function: which kind an annotation means, and values both ways."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from medallion.errors import StepError
from medallion.transforms.dataframes import annotated_kind, kind_of, to_arrow, to_frame

if TYPE_CHECKING:
    from polars import LazyFrame

    from medallion.contracts import Relation

ROWS = """
    select * from (values
        (1, true, 1.50::decimal(5,2), date '2024-01-31', 'x', timestamptz '2024-01-31 10:00:00+00'),
        (null, null, null, null, null, null)
    ) as t(id, ok, price, day, name, seen)
"""


@pytest.fixture
def rows() -> Iterator[Relation]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set TimeZone = 'UTC'").fetchall()
        yield connection.sql(ROWS)


class Frame(pd.DataFrame):
    """A subclass, as geopandas has one."""


@pytest.mark.parametrize(
    ("class_", "kind"),
    [
        (pd.DataFrame, "pandas"),
        (Frame, "pandas"),
        (pa.Table, "arrow"),
        (pl.DataFrame, "polars"),
        (pl.LazyFrame, "lazy"),
        (duckdb.DuckDBPyRelation, "relation"),
        (list, None),
        (pd.Series, None),
    ],
)
def test_the_kind_of_a_class(class_: type, kind: str | None) -> None:
    assert kind_of(class_) == kind


def named(rows: pd.DataFrame) -> None: ...
def aliased(rows: pa.Table) -> None: ...
def imported_for_types(rows: LazyFrame) -> None: ...
def of_contracts(rows: Relation) -> None: ...
def unknown(rows: dict[str, Any]) -> None: ...
def without(rows): ...  # type: ignore[no-untyped-def]


class OfPolars:
    def __call__(self, rows: pl.DataFrame) -> None: ...


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (named, "pandas"),
        (aliased, "arrow"),
        (imported_for_types, "lazy"),
        (unknown, None),
        (without, None),
        (OfPolars(), "polars"),
    ],
)
def test_the_kind_of_an_annotation(function: Callable[..., Any], kind: str | None) -> None:
    assert annotated_kind(function, "rows") == kind
    assert annotated_kind(function, "other") is None


def test_an_annotation_may_be_a_class_or_a_name_that_is_not_imported() -> None:
    def function(rows: object) -> None: ...

    for annotation, kind in (
        (pa.Table, "arrow"),
        (int, None),
        ("pandas.DataFrame", "pandas"),
        ("'polars.LazyFrame'", "lazy"),
        ("duckdb.DuckDBPyRelation", "relation"),
        ("LazyFrame", "lazy"),
        ("Relation", "relation"),
        ("other.DataFrame", None),
    ):
        function.__annotations__["rows"] = annotation
        assert annotated_kind(function, "rows") == kind, annotation
    del function.__annotations__["rows"]
    function.__annotations__["rows"] = "DataFrame"  # of pandas or of Polars
    assert annotated_kind(function, "rows") is None


@pytest.mark.parametrize("kind", ["pandas", "arrow", "polars", "lazy"])
def test_values_of_every_type_come_back_exactly(rows: Relation, kind: str) -> None:
    frame = to_frame(kind, rows)
    assert kind_of(type(frame)) == kind
    table = to_arrow(frame, rows)
    assert table.to_pylist() == rows.to_arrow_table().to_pylist()
    assert table.schema.field("day").type == pa.date32()
    assert pa.types.is_decimal(table.schema.field("price").type)


def test_pandas_has_nullable_numbers_and_a_relation_is_itself(rows: Relation) -> None:
    frame = to_frame("pandas", rows)
    assert [str(kind) for kind in frame.dtypes[:2]] == ["Int32", "boolean"]
    assert frame["price"][0] == Decimal("1.50")
    assert to_frame("relation", rows) is rows


def test_a_named_index_becomes_columns(rows: Relation) -> None:
    frame = pd.DataFrame({"k": ["a", "b"], "n": [1, 2]})
    assert to_arrow(frame.set_index("k"), rows).to_pylist() == [
        {"k": "a", "n": 1},
        {"k": "b", "n": 2},
    ]
    assert to_arrow(frame[1:], rows).to_pylist() == [{"k": "b", "n": 2}]


def test_a_date_that_got_a_time_of_day_stays_a_timestamp(rows: Relation) -> None:
    noon = pd.DataFrame({"day": [pd.Timestamp("2024-01-31 12:00")]})
    assert to_arrow(noon, rows).to_pylist() == [{"day": dt.datetime(2024, 1, 31, 12)}]
    other = pd.DataFrame({"when": [pd.Timestamp("2024-01-31")]})
    assert to_arrow(other, rows).to_pylist() == [{"when": dt.datetime(2024, 1, 31)}]


def test_nanoseconds_with_a_zone_are_cut(rows: Relation) -> None:
    table = pa.table(
        {
            "at": pa.array([1_999], pa.timestamp("ns", "UTC")),
            "local": pa.array([1_999], pa.timestamp("ns")),
        }
    )
    types = [field.type for field in to_arrow(table, rows).schema]
    assert types == [pa.timestamp("us", "UTC"), pa.timestamp("ns")]
    assert to_arrow(table, rows).column("at").cast(pa.int64()).to_pylist() == [1]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({0: [1]}), "the column 0 of what it returned is not named by text"),
        (pd.DataFrame({"a": [1, "x"]}), "what it returned is not a table"),
        (pd.DataFrame({"a": [1]}).set_index("a", drop=False), "both a column and an index 'a'"),
    ],
)
def test_a_frame_that_is_not_a_table_is_an_error(rows: Relation, frame: Any, message: str) -> None:
    with pytest.raises(StepError, match=message):
        to_arrow(frame, rows)
