"""A session may be interrupted at any moment, also as a task is just ending."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import ParseTask
from medallion.engines.duckdb import DuckDB
from medallion.formats.csv import Csv

if TYPE_CHECKING:
    from medallion.contracts import Session

TASKS = 25


def test_tasks_that_end_meanwhile_do_not_turn_an_interruption_into_a_fault(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("a,b\n1,2\n")

    def parse(session: Session, number: int) -> Iterator[None]:
        for turn in range(TASKS):
            target = tmp_path / f"{number}-{turn}.parquet"
            with suppress(KeyboardInterrupt):
                list(session.parse([ParseTask(Csv(), source, "a.csv", target)]))
            yield

    with DuckDB().session(tmp_path) as session:
        workers = [threading.Thread(target=lambda n=n: list(parse(session, n))) for n in range(3)]  # type: ignore[misc]
        for worker in workers:
            worker.start()
        while any(worker.is_alive() for worker in workers):
            session.interrupt()
        for worker in workers:
            worker.join()
