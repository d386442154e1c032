"""Edited rows: what was changed in them, and what cannot be a correction."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import medallion as md
from medallion.errors import DataError
from medallion.records.column_type import column_type
from medallion.run.edited_rows import fits, plain_text
from tests.corrected import edited, published


def test_rows_that_cannot_be_corrections_store_nothing(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    rows = edited(pipeline, {1: {"amount": "3.50"}})
    identity = rows[0]["_reject"] or ""

    def refuse(message: str, *lines: dict[str, str | None]) -> None:
        with pytest.raises(DataError, match=message):
            pipeline.corrections.correct("silver.orders", lines)

    refuse("no column _reject", {"amount": "3"})
    refuse("row 2: 'x' in _reject is not a rejected record", {**rows[0], "_reject": "x"})
    refuse("rows 2 and 3 are the same record", rows[0], rows[0])
    refuse("no column 'amuont'; did you mean 'amount'", {"amuont": "3", "_reject": identity})
    other = f"{identity.partition(':')[0]}:4"
    refuse("row 3: silver.orders has not rejected", rows[0], {**rows[1], "_reject": other})
    assert len(pipeline.corrections.listing()) == 0


def test_what_a_spreadsheet_does_to_cells_changes_no_row(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    rows = edited(pipeline, {1: {"day": ""}, 2: {"client_id": "'=a"}})
    added = pipeline.corrections.correct("silver.orders", [*rows, {"_reject": ""}]).added
    assert [each.values for each in added] == [{"day": None}, {"client_id": "=a"}]


def test_columns_that_were_removed_are_unchanged(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    (row, *_) = edited(pipeline, {})
    lines = [{"amount": "3.50", "_reject": row["_reject"]}]
    (added,) = pipeline.corrections.correct("silver.orders", lines).added
    assert added.values == {"amount": "3.50"}


TYPED = """\
name: typed
tables:
  bronze:
    sales: {source: "sales*.parquet"}
  silver:
    sales:
      from: bronze.sales
      expect:
        - {between: {amount: [0, 100]}, on_fail: quarantine}
        - {not_null: day, on_fail: quarantine}
"""


def test_values_have_the_types_of_the_columns(tmp_path: Path) -> None:
    first: dict[str, Any] = {
        "id": pa.array([1, 2], pa.uint8()),
        "amount": pa.array([Decimal("500.25"), Decimal("1.50")], pa.decimal128(9, 2)),
        "tags": [["a"], None],
        "day": pa.nulls(2),
    }
    pq.write_table(pa.table(first), tmp_path / "sales1.parquet")
    second = {**first, "amount": first["amount"][1:2], "id": first["id"][:1], "tags": [None]}
    second["day"] = pa.array([date(2024, 1, 1)])
    pq.write_table(pa.table(second), tmp_path / "sales2.parquet")
    (tmp_path / "medallion.yaml").write_text(TYPED)
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    pipeline.run()
    rows = [dict(row) for row in pipeline.corrections.rejects("silver.sales").rows()]
    rows[0] |= {"amount": "50.5", "day": "2024-02-29", "tags": '["b", "c"]'}
    wrong = [{**rows[0], "amount": "50.555"}, {**rows[1], "day": "2024-02-30"}]
    with pytest.raises(DataError) as error:
        pipeline.corrections.correct("silver.sales", wrong)
    assert error.value.message.splitlines() == [
        "row 2: column 'amount': '50.555' is not a valid decimal(9,2)",
        "row 3: column 'day': '2024-02-30' is not a valid date",
    ]
    rows[1]["day"] = "2024-03-01"
    pipeline.corrections.correct("silver.sales", rows)
    pipeline.run()
    table = pipeline.lake.table("silver.sales").to_arrow()
    assert sorted(table.select(["amount", "day", "tags"]).to_pylist(), key=repr) == [
        {"amount": Decimal("1.50"), "day": date(2024, 1, 1), "tags": None},
        {"amount": Decimal("1.50"), "day": date(2024, 3, 1), "tags": None},
        {"amount": Decimal("50.50"), "day": date(2024, 2, 29), "tags": ["b", "c"]},
    ]


@pytest.mark.parametrize(
    ("text", "type_", "valid"),
    [
        ("", "text", True),
        ("12", "int64", True),
        ("1.5", "int64", False),
        ("300", "int8", False),
        ("1.50", "decimal(12,1)", True),
        ("1.55", "decimal(12,1)", False),
        ("x", "decimal(12,1)", False),
        ("2024-02-30", "date", False),
        ("true", "boolean", True),
        ("[1, 2]", "list<int64>", True),
        ("[1, ", "list<int64>", False),
        ('{"a": 1}', "struct<a: int64>", True),
    ],
)
def test_a_text_fits_a_type_without_rounding(text: str, type_: str, valid: bool) -> None:
    with duckdb.connect() as connection:
        assert fits(text, column_type(type_), connection) is valid


@pytest.mark.parametrize(
    ("cell", "text"),
    [("'=1+1", "=1+1"), ("'quoted'", "'quoted'"), ("-5", "-5"), ("'-5", "-5"), ("", None)],
)
def test_an_apostrophe_before_a_formula_is_no_part_of_a_value(cell: str, text: str | None) -> None:
    assert plain_text(cell) == text
