"""What corrections would do, as a run shows it afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import CallError, DataError
from tests.corrected import VISITS, Cells, correct, edited, preview, published, visits

TABLE = "silver.orders"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_each_record_has_its_row_or_the_rule_that_rejects_it(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    before = files(tmp_path)
    outcomes = preview(
        pipeline,
        {1: {"amount": "3.50"}, 2: {"client_id": "a", "amount": "-1"}, 3: {"client_id": "x"}},
    )
    assert files(tmp_path) == before
    assert [(each.table, each.outcome) for each in outcomes.values()] == [
        (TABLE, "kept"),
        (TABLE, "quarantined"),
        (TABLE, "quarantined"),
    ]
    (row,) = outcomes[1].rows
    assert (row["order_id"], row["amount"]) == ("3", Decimal("3.50"))
    assert outcomes[2].reasons == ("between amount: -1.00",)
    assert outcomes[3].reasons == ("cast day: 2024-02-30",)
    correct(pipeline, {1: {"amount": "3.50"}})
    pipeline.run()
    assert row in pipeline.lake.table(TABLE).to_arrow().to_pylist()


def test_a_step_over_other_rows_decides_as_in_a_run(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    again: dict[int, Cells] = {1: {"amount": "3.50", "order_id": "6"}}
    (outcome,) = preview(pipeline, again).values()
    assert (outcome.outcome, outcome.reasons) == ("deduplicated", ("deduplicate order_id: 6",))
    # A correction that waits for the run counts, too.
    again[1]["order_id"] = "5"
    assert preview(pipeline, again)[1].outcome == "kept"
    correct(pipeline, {3: {"day": "2024-02-29"}})
    assert preview(pipeline, again)[1].outcome == "deduplicated"


def test_a_table_of_a_cluster_is_computed_in_this_process(tmp_path: Path) -> None:
    published(tmp_path)
    yaml = tmp_path / "medallion.yaml"
    unreachable = 'engine: {type: dask, scheduler: "tcp://127.0.0.1:1"}\n'
    yaml.write_text(yaml.read_text().replace("tables:\n", f"{unreachable}tables:\n", 1))
    pipeline = md.Pipeline.load(yaml)
    assert preview(pipeline, {1: {"amount": "3.50"}})[1].outcome == "kept"


def test_a_run_that_would_fail_is_said(tmp_path: Path) -> None:
    visits(tmp_path)
    yaml = tmp_path / "medallion.yaml"
    yaml.write_text(yaml.read_text().replace("on_fail: warn", "on_fail: fail"))
    failing = md.Pipeline.load(yaml)
    (outcome,) = preview(failing, {2: {"minutes": "900"}}, "silver.visits").values()
    assert outcome.outcome == "failed"
    assert "between" in outcome.reasons[0]


def test_what_cannot_be_previewed_says_why(tmp_path: Path) -> None:
    pipeline = published(tmp_path)
    rows = edited(pipeline, {1: {"amount": "3.50"}})
    with pytest.raises(CallError, match=r"no table 'silver.order'; did you mean"):
        pipeline.corrections.preview("silver.order", rows)
    with pytest.raises(DataError, match="no column 'price'"):
        pipeline.corrections.preview(TABLE, [{**row, "price": "1"} for row in rows])
    unchanged = pipeline.corrections.preview(TABLE, edited(pipeline, {}))
    assert (unchanged.records, unchanged.unchanged) == ((), 3)
    file = tmp_path / "data/orders/2024-02.csv"
    file.write_text(file.read_text() + "8,a,1.00,2024-02-05\n")
    pipeline.run()
    with pytest.raises(CallError, match="current release does not have the file"):
        pipeline.corrections.preview(TABLE, rows)
    yaml = tmp_path / "medallion.yaml"
    yaml.write_text(yaml.read_text().replace('orders/*.csv"', 'orders/*.csv", add: {line: record}'))
    changed = md.Pipeline.load(yaml)
    with pytest.raises(CallError, match="is read in another way") as error:
        changed.corrections.preview(TABLE, edited(changed, {1: {"amount": "3.50"}}))
    assert "medallion run" in error.value.hint


def test_a_python_step_needs_the_main_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "visit_steps.py").write_text(
        "import pyarrow\n\n\ndef same(rows: pyarrow.Table) -> pyarrow.Table:\n    return rows\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    cast = "        - cast: {minutes: integer}\n"
    yaml = VISITS.replace(cast, f"{cast}        - python: visit_steps:same\n", 1)
    pipeline = visits(tmp_path, yaml)
    values: dict[int, Cells] = {2: {"minutes": "5"}}
    assert preview(pipeline, values, "silver.visits")[2].outcome == "combined"
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(preview, pipeline, values, "gold.kinds").result()
        future = pool.submit(preview, pipeline, values, "silver.visits")
        with pytest.raises(CallError, match="computed in the main thread only"):
            future.result()
