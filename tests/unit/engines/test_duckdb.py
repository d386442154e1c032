"""A session may be interrupted at any moment, also as a task is just ending."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import ParseTask, StoredSource
from medallion.engines.duckdb import DuckDB
from medallion.formats.csv import Csv
from medallion.storage.digests import Stored
from medallion.storage.local import LocalStorage

if TYPE_CHECKING:
    from medallion.contracts import Session

TASKS = 25


def test_tasks_that_end_meanwhile_do_not_turn_an_interruption_into_a_fault(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.put("a.csv", b"a,b\n1,2\n")
    source = StoredSource("a.csv", Csv(), Stored("a.csv"))

    def parse(session: Session, number: int) -> Iterator[None]:
        for turn in range(TASKS):
            task = ParseTask("bronze.a", (source,), storage, f"{number}-{turn}")
            with suppress(KeyboardInterrupt):
                list(session.parse([task]))
            yield

    with DuckDB().session(tmp_path) as session:
        workers = [threading.Thread(target=lambda n=n: list(parse(session, n))) for n in range(3)]  # type: ignore[misc]
        for worker in workers:
            worker.start()
        while any(worker.is_alive() for worker in workers):
            session.interrupt()
        for worker in workers:
            worker.join()
