"""The columns of bronze tables before a run: of the headers of their files, or the last release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.errors import MedallionError, MissingError, SourceError
from medallion.identifiers import now
from medallion.kernel.column_binding import BoundTable, ColumnFault
from medallion.records import Column, Snapshot, SourceFile
from medallion.records.column_type import NULL
from medallion.run.source_formats import SourceFormats
from medallion.run.source_matches import SourceMatch, SourceTable, matches, source_storages
from medallion.run.source_schema import settle

if TYPE_CHECKING:
    from medallion.contracts import Connection

# Bytes of the files of one table that are read whole, where a format has no header.
LARGEST = 16 << 20


def source_columns(
    table: SourceTable, before: Snapshot | None, connection: Connection, scratch: Path
) -> BoundTable:
    """What is known of a bronze table; `before` is its snapshot in the last release.

    A file that is as it was in that release is not read.
    """
    try:
        if table.declared.pulled:
            return _of_release(table, before, "it is not pulled yet")
        if any(storage.is_remote for storage, _ in source_storages(table)):
            return _of_release(table, before, "its files are not on this machine")
        found = matches(table)
    except MedallionError as error:  # files that are not there yet are no fault of the declaration
        return _of_release(table, before, error.message.removeprefix(f"{table.name}: "))
    files: list[SourceFile] | None = None
    try:
        files = _read(table, before, found, connection, scratch)
        if files is None:
            return _of_release(table, before, "they depend on all records of its files")
        return BoundTable((settle(table, files, before)[0],))
    except SourceError as error:
        hint = f"; {error.hint}" if error.hint else ""
        fault = ColumnFault(("source",), f"{error.message}{hint}")
        return BoundTable((None,), "its files cannot be read", False, (fault,))
    except MissingError:  # the records that decide a type are not in the lake yet
        names = (column.name for file in files or () for column in file.columns)
        return _of_names(tuple(dict.fromkeys(names)))


def _of_release(table: SourceTable, before: Snapshot | None, reason: str) -> BoundTable:
    """The columns of the last release, or else those that are declared."""
    if before is not None:
        return BoundTable((before.columns,))
    declared = table.declared
    if declared.columns and declared.schema_policy != "evolve":
        return _of_names(tuple(dict.fromkeys((*declared.columns, *declared.add))))
    return BoundTable((None,), reason)


def _of_names(names: Sequence[str]) -> BoundTable:
    """Columns whose types are not known."""
    columns = tuple(Column(name=name, type=str(NULL)) for name in names)
    return BoundTable((columns,), certain=False)


def _read(
    table: SourceTable,
    before: Snapshot | None,
    found: Sequence[SourceMatch],
    connection: Connection,
    scratch: Path,
) -> list[SourceFile] | None:
    """The source files with their columns; None when these depend on too many records."""
    formats, size = SourceFormats(table.declared), 0
    known = {file.name: file for file in before.sources} if before else {}
    files: list[SourceFile] = []
    for file in found:
        name, entry = file.name, file.entry
        form, key = formats.of(name, entry)
        former = known.get(name)
        if former and former.token == entry.token and former.form == key:
            files.append(former)
            continue
        path = file.storage.local(entry.path)
        columns = form.columns_of(path, name, scratch / "text", connection)
        if columns is None:
            size += entry.bytes
            if size > LARGEST:
                return None
            columns = form.parse(path, name, scratch / "records", connection).columns
        files.append(_source_file(name, columns, key))
    return files


def _source_file(name: str, columns: tuple[Column, ...], form: str) -> SourceFile:
    """A source file of which only the columns are known."""
    return SourceFile(
        name=name,
        bytes=0,
        sha256="",
        token="",
        arrived=now(),
        form=form,
        object="",
        records=name,
        columns=columns,
        rows=0,
    )
