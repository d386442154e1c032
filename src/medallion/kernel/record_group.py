"""Parsing a group of source files: together where their format can, else one after the other."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from medallion.contracts import (
    ORIGIN,
    Column,
    Format,
    GroupedFile,
    LocalFile,
    Parsed,
    literal,
)
from medallion.errors import SourceError, StorageError
from medallion.kernel.corrected_records import CorrectedRecords
from medallion.kernel.temp_tables import TempTables
from medallion.kernel.unfit_moments import unfit_moments
from medallion.records import Correction
from medallion.records.column_type import column_type
from medallion.sql.common_type import DATES
from medallion.sql.row_ids import FILE_BITS

if TYPE_CHECKING:
    import pyarrow.parquet as pq

    from medallion.contracts import Connection


SourceFiles = Sequence[tuple[Format, LocalFile]]


class LocalGroup(NamedTuple):
    """The result of parsing a group: one for each file, and the Parquet files that they name."""

    files: tuple[GroupedFile | SourceError, ...]
    targets: tuple[Path, ...]


def parse_group(
    files: SourceFiles,
    folder: Path,
    connection: Connection,
    corrections: Sequence[Sequence[Correction]] = (),
) -> LocalGroup:
    """Parse the files of a group into few Parquet files: one for all files with the same columns.

    Every file has the result that it would have alone. The Parquet files are in `folder`.
    `corrections` has those of each file.
    """
    return _Group(files, folder, connection, corrections).parse()


class AloneFile(NamedTuple):
    """A file of a group that was parsed alone, and the ids of corrections that do not fit it."""

    number: int
    target: Path
    parsed: Parsed
    unapplied: tuple[str, ...] = ()


class _Group:
    """A group that is parsed once."""

    def __init__(
        self,
        files: SourceFiles,
        folder: Path,
        connection: Connection,
        corrections: Sequence[Sequence[Correction]],
    ) -> None:
        self.files = files
        self.corrections = {number: each for number, each in enumerate(corrections) if each}
        self.folder = folder
        self.connection = connection
        self.tables = TempTables(connection)
        self.results: dict[int, GroupedFile | SourceError] = {}
        self.targets: list[Path] = []

    def parse(self) -> LocalGroup:
        self.folder.mkdir(parents=True, exist_ok=True)
        for numbers in self._by_format() if len(self.files) > 1 else ():
            self._parse_together(numbers)
        alone: list[AloneFile] = []
        for number, (form, file) in enumerate(self.files):
            if number in self.results:
                continue
            target = self.folder / f"file-{number}.parquet"
            try:
                parsed = form.parse(file.path, file.name, target, self.connection)
            except SourceError as error:
                self.results[number] = error
            else:
                alone.append(self._warned(self._corrected(AloneFile(number, target, parsed))))
        for files in _by_columns(alone):
            self._combine(files)
        ordered = tuple(self.results[number] for number in range(len(self.files)))
        return LocalGroup(ordered, tuple(self.targets))

    def _corrected(self, file: AloneFile) -> AloneFile:
        """A file with the corrections of its records, if there are any."""
        if file.number not in self.corrections:
            return file
        added = self.files[file.number][0].added_columns
        records = CorrectedRecords(file.parsed, file.target, self.tables, added)
        parsed, unapplied = records.apply(self.corrections[file.number])
        return file._replace(parsed=parsed, unapplied=unapplied)

    def _warned(self, file: AloneFile) -> AloneFile:
        """A file with a warning of what no store can load."""
        unfit = unfit_moments(file.parsed, file.target, self.connection)
        warnings = (*file.parsed.warnings, *unfit)
        return file._replace(parsed=replace(file.parsed, warnings=warnings))

    def _by_format(self) -> Iterator[list[int]]:
        """The numbers of the files that one format reads, if there are several.

        Files with corrections are parsed alone.
        """
        formats: list[tuple[Format, list[int]]] = []
        for number, (form, _) in enumerate(self.files):
            if number in self.corrections:
                continue
            same = next((numbers for other, numbers in formats if other == form), None)
            if same is None:
                same = []
                formats.append((form, same))
            same.append(number)
        return (numbers for _, numbers in formats if len(numbers) > 1)

    def _parse_together(self, numbers: Sequence[int]) -> None:
        form = self.files[numbers[0]][0]
        files: list[LocalFile] = [self.files[number][1] for number in numbers]
        folder = self.folder / f"together-{numbers[0]}"
        folder.mkdir()
        for together in form.parse_together(files, folder, self.connection):
            if len(together.files) < 2:
                continue  # a Parquet file of one source file has no `_origin`: it is parsed alone
            for place, (index, parsed) in enumerate(together.files.items()):
                self.results[numbers[index]] = GroupedFile(parsed, len(self.targets), place)
            self.targets.append(together.target)

    def _combine(self, files: Sequence[AloneFile]) -> None:
        """Write the records of files with the same columns into one Parquet file."""
        target = len(self.targets)
        if len(files) == 1:
            (file,) = files
            self.results[file.number] = GroupedFile(file.parsed, target, unapplied=file.unapplied)
            self.targets.append(files[0].target)
            return
        combined = self.folder / f"columns-{target}.parquet"
        _write_combined([file.target for file in files], combined, self.connection)
        for place, file in enumerate(files):
            self.results[file.number] = GroupedFile(file.parsed, target, place, file.unapplied)
            file.target.unlink()
        self.targets.append(combined)


def _by_columns(files: Sequence[AloneFile]) -> Iterator[list[AloneFile]]:
    """Files with the same columns, stored in the same types."""
    if len(files) == 1:
        yield list(files)
        return
    import pyarrow.parquet as pq

    alike: dict[tuple[Column, ...], list[tuple[pq.ParquetSchema, list[AloneFile]]]] = {}
    for file in files:
        metadata = pq.read_metadata(file.target)
        if not _has_bounds(file.parsed.columns, metadata):
            yield [file]
            continue
        schema = metadata.schema
        lists = alike.setdefault(file.parsed.columns, [])
        same = next((others for known, others in lists if known.equals(schema)), None)
        if same is None:
            lists.append((schema, [file]))
        else:
            same.append(file)
    for lists in alike.values():
        yield from (same for _, same in lists)


def _has_bounds(columns: Sequence[Column], metadata: pq.FileMetaData) -> bool:
    """Whether all numbers and dates have bounds, so that those of several files are known, too.

    A column of nulls has none: the type that it has in common with other files is another one then.
    """
    leaves = [leaf for column in columns for leaf in column_type(column.type).leaves()]
    if metadata.num_columns != len(leaves):
        return False
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    return all(
        (statistics := group.column(place).statistics) is not None and statistics.has_min_max
        for place, leaf in enumerate(leaves)
        if leaf.number or leaf.name in DATES
        for group in groups
    )


def _write_combined(paths: Sequence[Path], target: Path, connection: Connection) -> None:
    import duckdb

    listed = ", ".join(literal(glob.escape(str(path))) for path in paths)
    query = (
        f"select (file_index::bigint << {FILE_BITS}) | file_row_number as {ORIGIN}, * "
        f"from read_parquet([{listed}], hive_partitioning=false)"
    )
    options = "format parquet, compression snappy, parquet_version v2"
    try:
        connection.execute(f"copy ({query}) to {literal(str(target))} ({options})").fetchall()
    except duckdb.IOException as error:
        raise StorageError(
            f"{target}: cannot be written: {error}",
            hint="check the free disk space and the permissions; nothing was published",
        ) from error
