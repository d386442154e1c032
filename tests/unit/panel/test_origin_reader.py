"""Tracing rows for a visitor: figures, sums on the way, records, files, and cancelling."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Event, Thread
from threading import enumerate as threads
from time import sleep

import pyarrow.parquet as pq
import pytest

import medallion as md
from medallion.errors import CallError
from medallion_panel.data.cancellable import CancelledError
from medallion_panel.data.origin_reader import (
    OriginQuestion,
    OriginReader,
    Trace,
)
from tests.integration import small


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    return small.publish(tmp_path_factory.mktemp("origins"))


def trace(pipeline: md.Pipeline, table: str, condition: str = "", metric: str = "count()") -> Trace:
    release = pipeline.store().release().id
    return OriginReader(pipeline).trace(OriginQuestion(f"gold.{table}", release, condition, metric))


def test_a_figure_is_traced_to_its_records(pipeline: md.Pipeline) -> None:
    found = trace(pipeline, "by_client", "client_id = 'b'", "sum(revenue)").origins()
    assert (found.rows, found.figure, found.inexact) == (1, Decimal("20.50"), [])
    assert [(each.column, each.rows, each.value) for each in found.sums] == [
        ("silver.orders.amount", 1, Decimal("20.50"))
    ]
    assert found.files == [("bronze.orders", "data/orders/2024-01.csv", 1)]
    (record,) = found.first
    assert (record["record"], record["row"]["amount"]) == (3, "20.50")


def test_records_that_would_have_counted_have_reasons(pipeline: md.Pipeline) -> None:
    removed = trace(pipeline, "by_client", "client_id = 'b'", "sum(revenue)").removed()
    assert removed.records == len(removed.first)
    assert {row["fate"] for row in removed.counts} == {"deduplicated", "quarantined"}
    assert {row["record"] for row in removed.first} == {2, 3}


@pytest.mark.parametrize(
    ("metric", "figure"),
    [
        ("count()", 2),
        ("sum(orders)", 3),
        ("mean(revenue)", (17.25 + 20.5) / 2),
        ("mean(revenue, orders)", (17.25 * 2 + 20.5) / 3),
        ("median(orders)", 1.5),
        ("quantile(orders, 1)", 2),
        ("min(client_id)", "a"),
        ("sum(revenue) / count()", (17.25 + 20.5) / 2),
    ],
)
def test_every_metric_is_computed_over_the_rows_of_the_lake(
    pipeline: md.Pipeline, metric: str, figure: object
) -> None:
    found = trace(pipeline, "by_client", "", metric).origins()
    assert found.figure == pytest.approx(figure)
    assert found.records > 0


def test_a_count_has_no_sums_on_the_way(pipeline: md.Pipeline) -> None:
    assert trace(pipeline, "by_client", "", "sum(orders)").origins().sums == []


@pytest.mark.parametrize("removed", [False, True])
def test_files_have_all_records(pipeline: md.Pipeline, removed: bool) -> None:
    traced = trace(pipeline, "by_client")
    number = traced.removed().records if removed else traced.origins().records
    table = pq.read_table(io.BytesIO(traced.file("parquet", removed=removed)))
    assert table.num_rows == number
    lines = traced.file("csv", removed=removed).decode().splitlines()
    assert len(lines) == number + 1
    assert ("fate" in lines[0]) is removed


def test_a_cancelled_trace_computes_nothing_more(pipeline: md.Pipeline) -> None:
    traced = trace(pipeline, "total")
    traced.origins()
    traced.cancel()
    traced.cancel()
    with pytest.raises(CancelledError):
        traced.removed()


def test_two_threads_take_turns_at_the_connection(pipeline: md.Pipeline) -> None:
    traced = trace(pipeline, "by_client")
    traced.origins()
    start = Barrier(3)

    def read(function: Callable[[], object]) -> list[object]:
        start.wait()
        return [function() for _ in range(5)]

    parts = [
        traced.removed,
        lambda: len(traced.file("csv", removed=True).splitlines()) - 1,
        lambda: pq.read_table(io.BytesIO(traced.file("parquet", removed=True))).num_rows,
    ]
    with ThreadPoolExecutor(len(parts)) as pool:
        summaries, csv_rows, parquet_rows = pool.map(read, parts)
    assert summaries == [traced.removed()] * 5
    assert csv_rows == parquet_rows == [traced.removed().records] * 5


class CancelledAtStart(Event):
    """An event that has `cancel` called at the moment that it is cleared."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        super().__init__()
        self.set()
        self.caller = Thread(target=cancel)

    def clear(self) -> None:
        self.caller.start()
        sleep(0.2)  # in which the trace would be closed, if that did not wait for the lock
        super().clear()


def test_a_trace_that_is_cancelled_as_it_starts_leaves_nothing_open(pipeline: md.Pipeline) -> None:
    traced = trace(pipeline, "by_client")
    idle = traced._idle = CancelledAtStart(traced.cancel)
    with suppress(CancelledError), traced.working():
        sleep(0.2)
        traced._traced()  # opens the connection, and may be done before an interruption
    idle.caller.join()
    _join_cancels()
    assert not traced.started


def test_a_process_waits_until_cancelled_traces_are_closed(pipeline: md.Pipeline) -> None:
    _join_cancels()  # those of other tests
    traced = trace(pipeline, "by_client")
    with traced.working():
        traced.cancel()
        (thread,) = (each for each in threads() if each.name == "dashboard-cancel")
        assert not thread.daemon
    _join_cancels()


def _join_cancels() -> None:
    for thread in threads():
        if thread.name == "dashboard-cancel":
            thread.join()


def test_an_unknown_release_is_an_error(pipeline: md.Pipeline) -> None:
    question = OriginQuestion("gold.total", "20200101-000000-000000")
    with pytest.raises(CallError):
        OriginReader(pipeline).trace(question).origins()


def test_a_dashboard_of_an_api_needs_the_lake(
    pipeline: md.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDALLION_API_URL", "http://localhost:1")
    assert trace(pipeline, "total").origins().rows == 1
    question = OriginQuestion("gold.total", "20200101-000000-000000")
    with pytest.raises(CallError, match="reads an API, and has no lake with release"):
        OriginReader(pipeline).trace(question).origins()


def test_what_is_not_exact_names_its_step(tmp_path: Path) -> None:
    yaml = small.YAML.replace(
        "    total:\n      from: silver.orders\n      steps:\n",
        "    total:\n      from: silver.orders\n      steps:\n"
        '        - {sql: "select amount, sum(amount) over () as sums from orders"}\n',
    )
    small.write(tmp_path, yaml)
    pipeline = small.load(tmp_path)
    pipeline.run()
    found = trace(pipeline, "total").origins()
    assert "gold.total" in found.inexact[0]
