"""What becomes of corrected records, by the steps of the tables on their way."""

from __future__ import annotations

from pathlib import Path

from tests.corrected import Cells, preview, published, visits

TABLE = "silver.orders"


def test_a_record_that_could_not_be_split_is_followed_to_the_next_table(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    file = tmp_path / "data/orders/2024-02.csv"
    file.write_text(file.read_text().replace("4,zz,5.00,", "4,zz,5.00,x,y,"))
    pipeline.run()
    cells: Cells = {"order_id": "4", "client_id": "b", "amount": "5", "day": "2024-02-02"}
    (outcome,) = preview(pipeline, {2: cells}, "bronze.orders").values()
    assert (outcome.table, outcome.outcome, outcome.rows[0]["order_id"]) == (TABLE, "kept", "4")
    # The records after it have moved in the file.
    outcomes = preview(pipeline, {1: {"amount": "3.50"}, 3: {"day": "2024-02-29"}})
    assert [each.rows[0]["order_id"] for each in outcomes.values()] == ["3", "5"]


def test_dropped_warned_and_combined_records(tmp_path: Path) -> None:
    pipeline = visits(tmp_path)
    (outcome,) = preview(pipeline, {2: {"minutes": "5", "kind": "test"}}, "silver.visits").values()
    assert (outcome.outcome, outcome.reasons) == ("dropped", ("filter",))
    (outcome,) = preview(pipeline, {2: {"minutes": "900"}}, "silver.visits").values()
    assert (outcome.outcome, outcome.warnings) == ("kept", ("between minutes: 900",))
    (outcome,) = preview(pipeline, {2: {"minutes": "5"}}, "gold.kinds").values()
    assert outcome.outcome == "combined"
    assert "gold.kinds makes rows of several records" in outcome.reasons[0]


def test_a_table_before_the_one_that_rejected_it_may_reject_it_now(tmp_path: Path) -> None:
    pipeline = visits(tmp_path)
    (outcome,) = preview(pipeline, {3: {"day": "tue"}}, "gold.days").values()
    assert (outcome.table, outcome.outcome) == ("gold.days", "kept")
    (outcome,) = preview(pipeline, {3: {"day": "tue", "minutes": "y"}}, "gold.days").values()
    assert (outcome.table, outcome.outcome) == ("silver.visits", "quarantined")
    assert outcome.reasons == ("cast minutes: y",)
