"""Rejected records as rows to edit: their columns, reasons and identity."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import GateError
from medallion.run.rejected_records import cells_of
from tests.corrected import published

GOLD = """\
name: totals
tables:
  bronze:
    sales: {source: "sales.csv"}
  silver:
    sales:
      from: bronze.sales
  gold:
    totals:
      from: silver.sales
      steps:
        - aggregate: {by: shop, metrics: {sales: count()}}
      expect:
        - {between: {sales: [2, 9]}, on_fail: quarantine}
    large:
      from: silver.sales
      steps:
        - cast: {amount: integer}
"""


def load(folder: Path, yaml: str, **files: str) -> md.Pipeline:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "medallion.yaml").write_text(yaml)
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    return pipeline


def test_rows_have_their_columns_reasons_and_identity(tmp_path: Path) -> None:
    rejects = published(tmp_path).corrections.rejects("silver.orders")
    first, *others = rejects.rows()
    assert list(first) == ["order_id", "client_id", "amount", "day", "_reason", "_reject"]
    assert first["_reason"] == "cast amount: abc"
    assert [str(row["_reject"]).partition(":")[2] for row in (first, *others)] == ["1", "2", "3"]
    assert rejects.others == 0


def test_the_added_columns_clash_with_none(tmp_path: Path) -> None:
    text = "shop,amount,_Reject,_reason_\na,x,1,2\n"
    pipeline = load(tmp_path, GOLD, sales=text)
    (row,) = pipeline.corrections.rejects("gold.large").rows()
    assert list(row) == ["shop", "amount", "_Reject", "_reason_", "_reason__", "_reject_"]
    pipeline.corrections.correct("gold.large", [{**row, "amount": "1", "_Reject": "3"}])
    pipeline.run()
    (stored,) = pipeline.lake.table("gold.large").to_arrow().to_pylist()
    assert (stored["amount"], stored["_Reject"]) == (1, "3")


def test_rows_of_an_aggregate_cannot_be_corrected(tmp_path: Path) -> None:
    pipeline = load(tmp_path, GOLD, sales="shop,amount\na,1\n")
    rejects = pipeline.corrections.rejects("gold.totals")
    assert (rejects.records, rejects.others) == ((), 1)


def test_a_record_that_could_not_be_split_has_its_text(tmp_path: Path) -> None:
    pipeline = load(tmp_path, GOLD, sales="shop,amount\na,1\nb,2,3\nc,4\n")
    (row,) = pipeline.corrections.rejects("bronze.sales").rows()
    assert (row["shop"], row["amount"], row["_text"]) == (None, None, "b,2,3")
    edited = {**row, "shop": "b", "amount": "23"}
    pipeline.corrections.correct("bronze.sales", [edited])
    run = pipeline.run()
    rows = pipeline.lake.table("silver.sales").to_arrow().to_pylist()
    assert [(row["shop"], row["amount"]) for row in rows] == [("a", "1"), ("b", "23"), ("c", "4")]
    (tally,) = next(step.tallies for step in run.steps if step.table == "bronze.sales")
    assert (tally.rows_in, tally.kept, tally.quarantined, tally.corrected) == (3, 3, 0, 1)
    traced = pipeline.why("silver.sales", {"shop": "c"}).to_arrow().to_pylist()
    assert [row["record"] for row in traced] == [3]


JSON_LINES = """\
name: lines
tables:
  bronze:
    lines: {source: lines.jsonl}
  silver:
    lines:
      from: bronze.lines
"""


def test_a_line_that_is_no_json_becomes_a_record(tmp_path: Path) -> None:
    lines = ['{"id": 1, "note": "a"}', '{"id": 2, "note": ', '{"id": 3, "note": null}']
    (tmp_path / "lines.jsonl").write_text("\n".join([*lines, lines[0], lines[0]]))
    pipeline = load(tmp_path, JSON_LINES)
    (row,) = pipeline.corrections.rejects("bronze.lines").rows()
    assert row["_text"] == '{"id": 2, "note":'
    pipeline.corrections.correct("bronze.lines", [{**row, "id": "2", "note": "b"}])
    pipeline.run()
    table = pipeline.lake.table("silver.lines").to_arrow().to_pylist()
    assert [(line["id"], line["note"]) for line in table[:3]] == [(1, "a"), (2, "b"), (3, None)]


def test_rejects_of_a_failed_run_can_be_corrected(tmp_path: Path) -> None:
    gate = "\n      expect:\n        - quarantined: {at_most: 5%}"
    yaml = GOLD.replace("- cast: {amount: integer}", f"- cast: {{amount: integer}}{gate}")
    (tmp_path / "sales.csv").write_text("shop,amount\na,1\na,2\nb,x\n")
    (tmp_path / "medallion.yaml").write_text(yaml)
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    with pytest.raises(GateError) as error:
        pipeline.run()
    run = error.value.run.id if error.value.run else ""
    (row,) = pipeline.corrections.rejects("gold.large", run=run).rows()
    pipeline.corrections.correct("gold.large", [{**row, "amount": "2"}])
    assert pipeline.run().release


def test_values_are_text_as_they_are_written() -> None:
    row = {"a": None, "b": "x", "c": True, "d": [1, {"e": "é"}]}
    text = json.dumps(row)[:-1] + ', "f": 12.50, "g": 123456789012345678901234567890}'
    assert cells_of(text) == {
        "a": None,
        "b": "x",
        "c": "true",
        "d": '[1, {"e": "é"}]',
        "f": "12.50",
        "g": "123456789012345678901234567890",
    }
