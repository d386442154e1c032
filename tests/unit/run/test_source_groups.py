"""Tables of one database are ingested over one connection, all again when that is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.contracts import SourceLayer
from medallion.declaration.models import Source
from medallion.errors import SourceError, UnreachableError
from medallion.layers.raw import Raw
from medallion.run import source_groups
from medallion.run.failures import Failures
from medallion.run.ingest import ingest_table
from medallion.run.source_groups import groups, ingest_in_groups
from medallion.run.source_matches import SourceTable
from medallion.storage.local import LocalStorage
from tests.unit.run.counters import Counter

LOST = UnreachableError("counter a: the connection was lost")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_groups, "BACK_OFF", 0)


def tables(folder: Path, *sources: Counter | str) -> list[SourceTable]:
    layer: SourceLayer = Raw()
    storage = LocalStorage(folder / "bronze")
    return [
        SourceTable(f"bronze.t{number}", number, Source(source=source), layer, storage, folder)
        for number, source in enumerate(sources)
    ]


def ingest(folder: Path, declared: list[SourceTable]) -> list[str]:
    """Ingest the tables; the names of those whose work was done, each time."""
    done = []

    def work(table: SourceTable) -> None:
        ingest_table(table, None, folder)
        done.append(table.name)

    failures = Failures()
    ingest_in_groups(declared, failures, work)
    failures.check()
    return done


def test_tables_of_one_database_are_a_group(tmp_path: Path) -> None:
    a, b = Counter("a", []), Counter("b", [])
    declared = tables(tmp_path, a, "x.csv", b, "x.csv", a)
    assert [[table.number for table in group] for group in groups(declared)] == [
        [0, 4],
        [1],
        [2],
        [3],
    ]


def test_all_tables_of_a_database_are_pulled_again_after_a_lost_connection(tmp_path: Path) -> None:
    log: list[str] = []
    whole, broken = Counter("a", log), Counter("a", log, faults=[LOST, LOST])
    done = ingest(tmp_path, tables(tmp_path, whole, broken))
    assert done == ["bronze.t0", "bronze.t0", "bronze.t0", "bronze.t1"]
    assert log.count("open a") == log.count("close a") == 3


def test_the_last_error_is_raised(tmp_path: Path) -> None:
    log: list[str] = []
    with pytest.raises(UnreachableError, match="the connection was lost"):
        ingest(tmp_path, tables(tmp_path, Counter("a", log, faults=[LOST] * 9)))
    assert log.count("open a") == source_groups.ATTEMPTS


def test_other_errors_concern_one_table(tmp_path: Path) -> None:
    log: list[str] = []
    broken = Counter("a", log, faults=[SourceError("no such table")])
    declared = tables(tmp_path, broken, Counter("a", log))
    with pytest.raises(SourceError, match="no such table"):
        ingest(tmp_path, declared)
    assert log.count("open a") == 1
    assert log.count("pull counter a") == 2
