from __future__ import annotations

import datetime
import importlib
import sys
from decimal import Decimal
from textwrap import dedent
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from pydantic import ValidationError

from medallion.contracts import Inputs
from medallion.decorators import transform
from medallion.errors import StepError
from medallion.plugins import TRANSFORMS, build
from medallion.testing import apply_transform
from medallion.transforms.python import Python

if TYPE_CHECKING:
    import polars as pl

ROWS = [
    {"id": 1, "day": datetime.date(2024, 1, 31), "amount": Decimal("1.10"), "ok": True},
    {"id": None, "day": None, "amount": None, "ok": None},
]


def same_pandas(rows: pd.DataFrame) -> pd.DataFrame:
    return rows


def same_arrow(rows: pa.Table) -> pa.Table:
    return rows


def same_polars(rows: pl.DataFrame) -> pl.DataFrame:
    return rows


def same_lazy(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows


def same_relation(rows: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    return rows


@pytest.mark.parametrize(
    "function", [same_pandas, same_arrow, same_polars, same_lazy, same_relation]
)
def test_every_frame_takes_and_gives_the_same_values(function):
    outcome = apply_transform(Python(function=function), ROWS)
    assert outcome.rows == ROWS
    assert outcome.types["day"] == "date"
    assert outcome.types["amount"].startswith("decimal")


def test_one_frame_in_another_out():
    def mixed(rows: pa.Table) -> pd.DataFrame:
        assert isinstance(rows, pa.Table)
        return pd.DataFrame({"n": [rows.num_rows]})

    assert apply_transform(Python(function=mixed), ROWS).rows == [{"n": 2}]


def test_a_named_index_comes_back_as_columns():
    def totals(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.groupby("k").agg({"v": "sum"})

    assert apply_transform(
        Python(function=totals), [{"k": "a", "v": 1}, {"k": "a", "v": 2}]
    ).rows == [{"k": "a", "v": 3}]


class Adding:
    def __call__(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(more=rows["missing"] if len(rows) > 2 else 1)


def test_an_object_that_is_called_as_a_function():
    step = Python(function=Adding())
    assert (
        step.identity()
        == Python(function=Adding()).identity()
        != Python(function=same_pandas).identity()
    )
    assert [row["more"] for row in apply_transform(step, ROWS).rows] == [1, 1]
    with pytest.raises(StepError, match=r"failed at .*test_python.py:\d+: KeyError"):
        apply_transform(step, [*ROWS, *ROWS])


def test_a_function_written_in_c_is_a_step_error():
    step = Python(function=print)
    assert step.identity()
    with pytest.raises(StepError):
        apply_transform(step, ROWS)


def test_other_inputs_and_arguments_come_by_name():
    def add(rows: pa.Table, clients: pl.DataFrame, times: int, shift: int = 1) -> pa.Table:
        assert clients.columns == ["c"]
        return pa.table({"n": [rows.num_rows * times + clients.height + shift]})

    step = Python(function=add, args={"times": 10})
    assert apply_transform(step, ROWS, clients=[{"c": 1}] * 3).rows == [{"n": 24}]


def test_grain_same_keeps_the_identity_of_rows():
    @transform(scope="rows", grain="same")
    def double(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(a=rows["a"] * 2).sort_values("a", ascending=False)

    step = Python(function=double)
    assert (step.scope, step.grain) == ("rows", "same")
    assert apply_transform(step, [{"a": 1}, {"a": 2}]).rows == [{"a": 2}, {"a": 4}]


def test_grain_same_that_loses_rows_or_their_identity_is_refused():
    @transform(grain="same")
    def lose(rows: pa.Table) -> pa.Table:
        return rows.slice(1)

    @transform(grain="same")
    def forget(rows: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
        return rows.project("a")

    with pytest.raises(StepError, match="did not return each row once"):
        apply_transform(Python(function=lose), [{"a": 1}, {"a": 2}])
    with pytest.raises(StepError, match="must return the columns _row and _origin"):
        apply_transform(Python(function=forget), [{"a": 1}])


def test_an_undecorated_function_takes_all_rows_and_makes_new_ones():
    step = Python(function=same_arrow)
    assert (step.scope, step.grain) == ("table", "new")
    with duckdb.connect() as connection:
        rows = connection.sql("select 1::bigint as _row, 1::bigint as _origin, 2 as a")
        assert step.apply(rows, Inputs(connection)).columns == ["a"]


@pytest.fixture
def module(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "user_steps.py"

    def write(text):
        path.write_text(dedent(text))
        sys.modules.pop("user_steps", None)
        importlib.invalidate_caches()
        return path

    yield write
    sys.modules.pop("user_steps", None)


def test_a_function_by_dotted_name_with_names_for_type_checkers_only(module):
    module(
        """
        from __future__ import annotations
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            import pyarrow as pa
            from pandas import Series

        def count(rows: pa.Table):
            import pyarrow
            return pyarrow.table({"n": [rows.num_rows]})
        """
    )
    for declared in ("user_steps:count", "user_steps.count", {"function": "user_steps:count"}):
        assert apply_transform(build(TRANSFORMS, {"python": declared}), ROWS).rows == [{"n": 2}]


def test_identity_changes_with_the_code_and_does_not_run_it(module):
    path = module("def f(rows): ...\n")
    step = Python(function="user_steps:f")
    before = step.identity()
    assert before == Python(function="user_steps.f").identity()
    assert "user_steps" not in sys.modules
    path.write_text("def f(rows): return rows\n")
    assert step.identity() != before
    assert Python(function="user_steps:f", args={"a": 1}).identity() != step.identity()


def test_a_function_is_loaded_again_when_its_file_has_changed(module):
    text = "import pyarrow as pa\ndef f(rows: pa.Table):\n    return pa.table({{'n': [{}]}})\n"
    path = module(text.format(1))
    step = Python(function="user_steps:f")
    assert apply_transform(step, ROWS).rows == [{"n": 1}]
    path.write_text(text.format(22))
    assert apply_transform(step, ROWS).rows == [{"n": 22}]


def test_identity_of_a_function_object_is_that_of_its_name(module):
    module("def f(rows): ...\n")
    import user_steps

    assert Python(function=user_steps.f).identity() == Python(function="user_steps:f").identity()


def test_an_error_of_the_function_names_its_line(module):
    path = module(
        """
        import pandas as pd

        def inner(rows):
            return rows["nope"]

        def f(rows: pd.DataFrame):
            return inner(rows)
        """
    )
    with pytest.raises(
        StepError, match=r"user_steps:f failed at .*user_steps\.py:5: KeyError: 'nope'"
    ) as caught:
        apply_transform(Python(function="user_steps:f"), ROWS)
    assert str(path) in str(caught.value)


def bare(rows):
    return rows


def wrong(_rows: pa.Table):
    return 5


def nothing() -> None:
    return None


def reserved(_rows: pa.Table):
    return pa.table({"_row": [1]})


def mixed_types(_rows: pd.DataFrame):
    return pd.DataFrame({"a": [1, "x", object()]})


def bad_names(_rows: pd.DataFrame):
    return pd.DataFrame([[1]])


def asks(_rows: pa.Table, cleints: pa.Table):
    return cleints


def bad_relation(rows: duckdb.DuckDBPyRelation):
    return rows.project("nope")


@pytest.mark.parametrize(
    ("function", "args", "message"),
    [
        (bare, {}, "annotation of 'rows' is not a frame"),
        (wrong, {}, "returned int, not a table"),
        (nothing, {}, "takes no rows"),
        (reserved, {}, "'_row', which is reserved"),
        (mixed_types, {}, "mixed_types: what it returned is not a table"),
        (bad_names, {}, "is not named by text"),
        (asks, {}, r"neither an input nor in `args`[\s\S]*clients"),
        (same_arrow, {"limit": 1}, "no parameter 'limit'"),
        (bad_relation, {}, 'bad_relation failed at .*test_python.py:.*"nope"'),
    ],
)
def test_wrong_functions_are_step_errors(function, args, message):
    with pytest.raises(StepError, match=message):
        apply_transform(Python(function=function, args=args), ROWS, clients=[{"c": 1}])


def test_functions_that_cannot_be_found(module):
    module("def f(rows): ...\n")
    with pytest.raises(StepError, match="no module 'user_stepz'"):
        Python(function="user_stepz:f").identity()
    with pytest.raises(StepError, match="no module 'user_stepz'"):
        apply_transform(Python(function="user_stepz:f"), ROWS)
    with pytest.raises(StepError, match="has no 'g'"):
        apply_transform(Python(function="user_steps:g"), ROWS)
    with pytest.raises(ValidationError, match="does not name a function"):
        Python(function="user_steps")
    module("1/0\n")
    with pytest.raises(StepError, match="importing user_steps failed: ZeroDivisionError"):
        apply_transform(Python(function="user_steps:f"), ROWS)


def test_it_has_a_json_schema_and_equals_itself_in_json():
    assert Python.model_json_schema()["properties"]["function"]["type"] == "string"
    assert (
        Python(function=same_arrow).model_dump(mode="json")["function"] == f"{__name__}:same_arrow"
    )


TYPES = {"id": "int64", "day": "date", "amount": "decimal(3,2)", "ok": "boolean"}


def test_declared_columns_are_those_that_the_function_must_return():
    step = Python(function=same_arrow, columns=TYPES)
    assert apply_transform(step, ROWS).rows == ROWS
    assert step.result_columns(None, {}) == tuple(TYPES)
    assert {column.name: column.type for column in step.declared_columns()} == TYPES
    for other in ({**TYPES, "more": "text"}, {**TYPES, "id": "text"}, {"id": "int64"}):
        with pytest.raises(StepError, match="did not return the declared `columns`") as caught:
            apply_transform(Python(function=same_arrow, columns=other), ROWS)
        assert "it returned id: int64, day: date, amount: decimal" in caught.value.hint


def test_without_declared_columns_its_identity_is_as_before():
    assert "columns" not in Python(function=same_arrow).identity()["fields"]
    assert Python(function=same_arrow).declared_columns() is None
