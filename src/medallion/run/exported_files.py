"""The files of `export`: each has the tables of the published release."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from medallion.contracts import Input
from medallion.declaration.exports import Export
from medallion.errors import CallError, DamagedError, DataError, LeaseError, MissingError
from medallion.identifiers import TableName
from medallion.lake.table import LakeTable
from medallion.records import File, Record, Release
from medallion.run.context import RunContext
from medallion.run.plain_copies import CopyFlaw, check_shown, flaws_of
from medallion.secrets import mask
from medallion.storage import Storage, open_storage
from medallion.storage.digests import REPAIR, Stored, store_file
from medallion.storage.sealed_records import read_record, write_record

if TYPE_CHECKING:
    import pyarrow as pa

    from medallion.export.duckdb_file import DatabaseTable
    from medallion.export.xlsx import Sheet

EXPORTS = "exports.json"  # the record of exported files
ABOUT = "About this release"  # a sheet; names of tables have no spaces


class ExportedFile(File):
    """An exported file; `content` identifies its tables and their descriptions."""

    content: str


class ExportRecord(Record):
    """The exported files, by their paths or URLs as declared."""

    files: dict[str, ExportedFile]


class ExportedFiles:
    """The files that a pipeline exports each release to.

    They are written before a release is published, to the scratch folder, so that a table that a
    file cannot hold fails the run; `refresh` moves them to their places afterwards.
    """

    def __init__(self, context: RunContext, scratch: Path) -> None:
        self.context = context
        self.lake = context.lake
        self.scratch = scratch
        self._prepared: dict[str, Path] = {}

    def check(self) -> None:
        """Raise CallError when an export would overwrite a file that medallion did not write."""
        known = self.files()
        for export in self.context.declaration.export:
            if export.file not in known and self.storage(export).info(export.place[1]):
                raise CallError(
                    f"{mask(export.file)} was not written by medallion, "
                    "but `export` names this file",
                    hint="move that file away, or choose another name",
                )

    def prepare(self, release: Release) -> None:
        """Write the files that differ from those of the release to the scratch folder.

        Raises DataError when a file cannot hold a table.
        """
        for export in self._stale(release, self.files()):
            self._prepared[export.file] = self._write(export, release)

    def refresh(self, release: Release) -> None:
        """Bring the exported files up to date with the release.

        Files that are no longer declared stay where they are. Raises LeaseError when a newer writer
        has published meanwhile.
        """
        files = self.files()
        stale = list(self._stale(release, files))
        if new := [export for export in stale if export.file not in files]:
            # Recorded before they are written: a file that no record names is another program's.
            files |= {export.file: _intended(export) for export in new}
            self._put_record(files)
        for export in stale:
            part = self._prepared.pop(export.file, None) or self._write(export, release)
            check_shown(self.lake, release)
            files[export.file] = self._store(export, release, part)
            self._check_stored(export, release)
        if stale:
            self._put_record(files)

    def storage(self, export: Export) -> Storage:
        """The storage that the file of an export is in."""
        return open_storage(export.place[0], self.context.base, self.lake.options)

    def files(self) -> dict[str, ExportedFile]:
        """The recorded files; none when nothing was or is exported. Raises DamagedError."""
        if not self.context.declaration.export:
            return {}
        try:
            return ExportRecord.model_validate(read_record(self.lake.storage, EXPORTS)).files
        except MissingError:
            return {}
        except ValidationError as error:
            place = f"{self.lake.storage.url}/{EXPORTS}"
            raise DamagedError(f"{place}: is damaged", hint=REPAIR) from error

    def is_current(self, export: Export, release: Release, file: ExportedFile | None) -> bool:
        """Whether a recorded file is there, and has what the release has."""
        if file is None or file.content != self._content(export, release):
            return False
        return Stored.of(file).matches(self.storage(export).info(export.place[1]))

    def flaws(self, release: Release) -> Iterator[CopyFlaw]:
        """The exported files that are lost or damaged, and their record."""
        try:
            files = self.files()
        except DamagedError as error:
            yield CopyFlaw(self.lake.storage, EXPORTS, error.message)
            return
        for export in self.context.declaration.export:
            file = files.get(export.file)
            if file and file.content == self._content(export, release):
                yield from flaws_of(self.storage(export), file)

    def _stale(self, release: Release, files: Mapping[str, ExportedFile]) -> Iterator[Export]:
        for export in self.context.declaration.export:
            if not self.is_current(export, release, files.get(export.file)):
                yield export

    def _sources(self, export: Export, release: Release) -> list[Input]:
        names = [
            name
            for name in self.context.declaration.served()
            if name in release.tables
            and (not export.tables or TableName(name).table in export.tables)
        ]
        return [self.lake.input(release.tables[name], release) for name in names]

    def _content(self, export: Export, release: Release) -> str:
        """What identifies the content of a file."""
        parts = [
            f"{source.snapshot.id} {release.described(source.snapshot.table).digest}"
            for source in self._sources(export, release)
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _write(self, export: Export, release: Release) -> Path:
        """Write a file to the scratch folder."""
        from medallion.export.duckdb_file import write_database
        from medallion.export.xlsx import write_workbook

        number = self.context.declaration.export.index(export)
        part = self.scratch / f"export-{number}.{export.kind}"
        part.unlink(missing_ok=True)
        tables = [LakeTable(source, release) for source in self._sources(export, release)]
        facts = {
            "pipeline": release.pipeline,
            "release": release.id,
            "created": release.created.isoformat(),
        }
        try:
            if export.kind == "duckdb":
                write_database(part, facts, map(_database_table, tables))
            else:
                write_workbook(part, [*_sheets(tables), _about(facts, tables)])
        except DataError as error:
            raise DataError(
                f"export {mask(export.file)}: {error.message}",
                hint="export other `tables`, or a .duckdb file",
            ) from error
        return part

    def _store(self, export: Export, release: Release, part: Path) -> ExportedFile:
        """Move a file from the scratch folder to its place."""
        rows = sum(source.snapshot.rows for source in self._sources(export, release))
        storage = self.storage(export)
        item = store_file(storage, export.place[1], part)
        storage.sync([item.path])
        return ExportedFile(
            path=item.path,
            bytes=item.bytes or 0,
            sha256=item.sha256 or "",
            rows=rows,
            content=self._content(export, release),
        )

    def _check_stored(self, export: Export, release: Release) -> None:
        """Raise LeaseError when a newer writer has published, whose file is written again then."""
        try:
            check_shown(self.lake, release)
        except LeaseError:
            if current := self.lake.current():
                self._store(export, current, self._write(export, current))
            raise

    def _put_record(self, files: dict[str, ExportedFile]) -> None:
        record = ExportRecord(files=files)
        write_record(self.lake.storage, EXPORTS, record.model_dump_json(indent=1).encode())


def _intended(export: Export) -> ExportedFile:
    """The record of a file that is about to be written."""
    return ExportedFile(path=export.place[1], bytes=0, rows=0, content="")


def _database_table(table: LakeTable) -> DatabaseTable:
    from medallion.export.duckdb_file import DatabaseTable
    from medallion.export.files import BATCH

    name = TableName(table.snapshot.table).table
    rows = table.scan().to_arrow_reader(BATCH)
    return DatabaseTable(name, table.columns, table.description, rows)


def _sheets(tables: list[LakeTable]) -> Iterator[Sheet]:
    from medallion.export.xlsx import Sheet, sheet_names

    names = [TableName(table.snapshot.table).table for table in tables]
    for name, table in zip(sheet_names(names), tables, strict=True):
        yield Sheet(name, [column.name for column in table.columns], _texts(table))


def _texts(table: LakeTable) -> Iterator[pa.RecordBatch]:
    """The rows of a table as a sheet has them, read when the first is requested."""
    from medallion.export.files import BATCH, flattened

    yield from flattened(table.scan()).to_arrow_reader(BATCH)


def _about(facts: dict[str, str], tables: list[LakeTable]) -> Sheet:
    import pyarrow as pa

    from medallion.export.xlsx import Sheet

    said = {TableName(table.snapshot.table).table: table.description.text for table in tables}
    lines = {**facts, **{name: text for name, text in said.items() if text}}
    columns = [pa.array(list(lines)), pa.array(list(lines.values()))]
    return Sheet(ABOUT, ["", ""], [pa.RecordBatch.from_arrays(columns, ["what", "text"])])
