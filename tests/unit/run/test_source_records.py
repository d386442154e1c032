"""The records of source files: parsed once, and again only if they are lost or damaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from medallion.contracts import Parsed, Session, description_path
from medallion.errors import SourceError
from medallion.lake.journal import WriteJournal, read_journals
from medallion.records import SourceFile
from medallion.run.ingest import BronzeFile, ingest_table
from medallion.run.source_matches import SourceTable
from medallion.run.source_records import parse
from medallion.storage.digests import forget_digests
from tests.unit.run.conftest import Project, write


@dataclass
class Work:
    """A bronze table with its ingested files, and an open session."""

    table: SourceTable
    session: Session
    scratch: Path

    def ingest(self) -> list[BronzeFile]:
        return ingest_table(self.table, None, self.scratch)[1]

    def parse(self, files: list[BronzeFile]) -> list[tuple[SourceFile, Parsed]]:
        forget_digests()
        return parse(self.table, files, self.session, self.scratch)


@pytest.fixture
def work(project: Project, tmp_path: Path) -> Iterator[Work]:
    pipeline = project()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pipeline.declaration.engine.session(scratch) as session:
        yield Work(next(iter(pipeline.context.source_tables())), session, scratch)


def test_every_file_has_its_records_and_its_figures(work: Work, tmp_path: Path) -> None:
    write(tmp_path, {"orders/b.csv": "id,client,amount\n3,x,30\n4\n"})
    pairs = work.parse(work.ingest())
    records = [(file.name, file.rows, file.quarantined) for file, _ in pairs]
    assert records == [("orders/a.csv", 3, 0), ("orders/b.csv", 2, 1)]
    assert [parsed.rows for _, parsed in pairs] == [3, 1]
    assert pairs[1][1].rejects == ((2, "1 field instead of 3", "4"),)
    for file, parsed in pairs:
        assert [column.name for column in file.columns] == ["id", "client", "amount"]
        assert file.columns == parsed.columns
        stored = work.table.storage.info(file.records)
        assert stored is not None
        assert stored.bytes == file.records_bytes
        assert work.table.storage.info(description_path(file.records)) is not None


def test_records_are_not_parsed_again(work: Work) -> None:
    files = work.ingest()
    first = work.parse(files)
    for file in files:
        work.table.storage.delete(file.object.path)
    assert work.parse(files) == first
    assert all(work.table.storage.info(file.object.path) is None for file in files)


@pytest.mark.parametrize("described", [False, True])
@pytest.mark.parametrize("damage", ["lost", "changed"])
def test_lost_or_damaged_records_are_parsed_again(
    work: Work, damage: str, *, described: bool
) -> None:
    files = work.ingest()
    first = work.parse(files)
    records = first[0][0].records
    path = description_path(records) if described else records
    data, _ = work.table.storage.read(path)
    if damage == "lost":
        work.table.storage.delete(path)
    else:
        work.table.storage.put(path, data[:-9] + b"?" + data[-8:])
    assert [parsed for _, parsed in work.parse(files)] == [parsed for _, parsed in first]
    assert work.table.storage.info(path) is not None
    assert work.parse(files) == work.parse(files)


def test_lost_bytes_are_copied_again_unless_the_file_has_changed(
    work: Work, tmp_path: Path
) -> None:
    files = work.ingest()
    work.table.storage.delete(files[0].object.path)
    work.table.storage.put(files[1].object.path, b"other bytes")
    assert len(work.parse(files)) == 2
    for file, (record, _) in zip(files, work.parse(files), strict=True):
        work.table.storage.delete(record.records)
        work.table.storage.delete(file.object.path)
    write(tmp_path, {"orders/a.csv": "id,client,amount\n9,z,9\n"})
    with pytest.raises(SourceError, match=r"^orders/a\.csv: changed while it was read"):
        work.parse(files)


def test_all_files_that_cannot_be_read_are_reported_together(work: Work, tmp_path: Path) -> None:
    write(tmp_path, {"orders/a.csv": "", "orders/c.csv": "id,id\n1,2\n"})
    with pytest.raises(SourceError) as error:
        work.parse(work.ingest())
    lines = [line for line in error.value.message.splitlines() if not line.startswith("  → ")]
    assert [line.partition(":")[0] for line in lines] == ["orders/a.csv", "orders/c.csv"]


def test_files_with_the_same_bytes_share_their_records(work: Work, tmp_path: Path) -> None:
    text = (tmp_path / "orders/a.csv").read_text()
    write(tmp_path, {"orders/b.csv": text})
    (one, _), (two, _) = work.parse(work.ingest())
    assert (one.name, two.name) == ("orders/a.csv", "orders/b.csv")
    assert (one.records, one.rows) == (two.records, two.rows)


def test_names_are_recorded_before_they_are_written(work: Work, project: Project) -> None:
    lake = project().lake.storage
    journal = WriteJournal(lake, "20250102-030405-abcdef")
    files = work.ingest()
    work.table = SourceTable(
        **{**vars(work.table), "storage": journal.storage("bronze", work.table.storage)}
    )
    pairs = work.parse(files)
    (names,) = read_journals(lake, []).values()
    expected = {
        name for file, _ in pairs for name in (file.records, description_path(file.records))
    }
    assert names == {"bronze": expected}
