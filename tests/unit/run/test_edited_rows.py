"""Edited rows: what was changed in them, and what cannot be a correction."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import medallion as md
from medallion.errors import DataError
from medallion.export.edit_file import write_rows
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


def test_a_value_of_a_type_in_another_spelling_is_unchanged(tmp_path: Path) -> None:
    amounts = pa.array([Decimal("500.50"), Decimal("1.50")], pa.decimal128(22, 2))
    day = pa.array([date(2024, 1, 1), None])
    pq.write_table(pa.table({"amount": amounts, "day": day}), tmp_path / "sales.parquet")
    (tmp_path / "medallion.yaml").write_text(TYPED)
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    pipeline.run()
    rows = pipeline.corrections.rejects("silver.sales").rows()
    path = tmp_path / "rejects.csv"
    write_csv(path, [{**rows[0], "amount": "500.5"}, rows[1]])
    assert pipeline.corrections.correct("silver.sales", path).unchanged == 2
    write_csv(path, [{**rows[0], "day": "01/01/2024", "amount": "50.5"}])
    with pytest.raises(DataError) as error:
        pipeline.corrections.correct("silver.sales", path)
    assert error.value.message == (
        "rejects.csv: row 2: column 'day': '2024-01-01' → '01/01/2024': "
        "the same date in another spelling"
    )


def write_csv(path: Path, rows: list[Any]) -> None:
    """The rows as another program saves them."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


CODES = """\
name: codes
tables:
  bronze:
    items: {source: items.csv}
  silver:
    items:
      from: bronze.items
      steps:
        - rename: {price: amount}
        - cast: {amount: "decimal(9,2)", day: date}
"""


@pytest.fixture
def codes(tmp_path: Path) -> md.Pipeline:
    """Items with codes that spreadsheets rewrite, of which two are rejected."""
    (tmp_path / "items.csv").write_text(
        'code,long,day,price\n007,12345678901234567890,2024-01-02,"1,50"\n'
        "1E5,1,02/01/2024,1\n008,2,2024-01-02,3\n"
    )
    (tmp_path / "medallion.yaml").write_text(CODES)
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    pipeline.run()
    return pipeline


def test_cells_that_a_spreadsheet_has_rewritten_are_refused(
    codes: md.Pipeline, tmp_path: Path
) -> None:
    first, second = codes.corrections.rejects("silver.items").rows()
    shown = {"code": "7", "long": "1.23457E+19", "day": "02/01/2024", "price": "1.50"}
    path = tmp_path / "rejects.csv"
    write_csv(path, [{**first, **shown}, {**second, "code": "1.00E+05", "day": "2024-01-02"}])
    with pytest.raises(DataError) as error:
        codes.corrections.correct("silver.items", path)
    assert error.value.message.splitlines() == [
        (
            "rejects.csv: row 2: column 'code': '007' → '7': leading zeros are lost; "
            "column 'long': '12345678901234567890' → '1.23457E+19': digits are lost; "
            "column 'day': '2024-01-02' → '02/01/2024': the same date in another spelling"
        ),
        (
            "rejects.csv: row 3: column 'code': '1E5' → '1.00E+05': "
            "the same number in another spelling"
        ),
    ]
    assert "medallion quarantine silver.items --edit FILE.xlsx" in error.value.hint
    assert len(codes.corrections.listing()) == 0


def test_a_refused_value_may_be_spelt_in_another_way(codes: md.Pipeline, tmp_path: Path) -> None:
    first, second = codes.corrections.rejects("silver.items").rows()
    path = tmp_path / "rejects.csv"
    write_csv(path, [{**first, "price": "1.50"}, {**second, "day": "2024-01-02"}])
    added = codes.corrections.correct("silver.items", path).added
    assert [each.values for each in added] == [{"price": "1.50"}, {"day": "2024-01-02"}]


def test_texts_of_workbooks_and_dicts_are_what_a_user_wrote(
    codes: md.Pipeline, tmp_path: Path
) -> None:
    first, _ = codes.corrections.rejects("silver.items").rows()
    with pytest.raises(DataError, match="leading zeros are lost"):
        codes.corrections.correct("silver.items", [{**first, "code": 7}])
    path = tmp_path / "rejects.xlsx"
    write_rows([{**first, "code": "7"}], path)
    (added,) = codes.corrections.correct("silver.items", path).added
    assert added.values == {"code": "7"}
