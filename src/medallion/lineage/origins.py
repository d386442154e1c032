"""The source records that rows of a table were made of, and those that would have counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from medallion.contracts import ROW, Input, Inputs, SourceLayer, literal
from medallion.errors import CallError
from medallion.kernel.temp_tables import TempTables
from medallion.lake.corrections import CorrectionLog
from medallion.lake.frames import Frames
from medallion.lineage.source_records import source_records
from medallion.plural import count_of
from medallion.records import Correction, Release
from medallion.records.html import html_table
from medallion.sql.row_ids import file_of
from medallion.sql.row_matching import joined, matching

if TYPE_CHECKING:
    import pyarrow as pa

    from medallion.contracts import Relation

BATCH = 1_000

_EMPTY = """
    select null::varchar as "table", null::varchar as file, null::bigint as record,
        null::varchar as "row" where false"""
_NONE_REMOVED = """
    select null::varchar as "table", null::varchar as fate, null::varchar as rule,
        null::varchar as "column", null::varchar as "value", null::varchar as file,
        null::bigint as record, null::varchar as "row" where false"""


@dataclass(frozen=True)
class TracedFile:
    """One source file, and the number of its records that were traced."""

    table: str
    file: str
    records: int


@dataclass(frozen=True)
class Inexact:
    """A table that cannot be traced exactly: why, and the tables that it reads."""

    table: str
    message: str
    inputs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.table}: {self.message}; it reads {', '.join(self.inputs)}"


class Origins(Frames):
    """The source records that some rows of a table were made of.

    Parameters: `traced` has, by table, the ids of its rows, in tables of the connection. `rows`
    counts the rows that were asked for. `removed` returns the records that would have counted,
    `log` the corrections of the lake.
    `columns` are what the column is made of that was asked for, by table: only the records of these
    tables are shown; None for all.
    """

    def __init__(
        self,
        table: str,
        release: Release,
        rows: int,
        traced: Mapping[str, tuple[Input, str]],
        inexact: tuple[Inexact, ...],
        tables: TempTables,
        removed: Callable[[], list[Relation]],
        log: Callable[[], CorrectionLog],
        columns: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.table = table
        self.release = release
        self.rows = rows
        self.inexact = inexact
        self._traced = traced
        self._tables = tables
        self._find_removed = removed
        self._log = log
        self.columns = columns
        self.files = tuple(self._files())

    @property
    def exact(self) -> bool:
        """Whether these are all records that the rows were made of, and no others."""
        return not self.inexact

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables of which rows were traced, from the source files on."""
        return tuple(reversed(list(self._traced)))

    def __len__(self) -> int:
        return sum(file.records for file in self.files)

    def __repr__(self) -> str:
        rows, records = count_of(self.rows, "row"), count_of(len(self), "source record")
        return f"<Origins of {rows} of {self.table}: {records}, release {self.release.id}>"

    def _repr_html_(self) -> str:
        files = ((file.table, file.file, f"{file.records:,}") for file in self.files)
        return html_table(repr(self), ("table", "file", "records"), files)

    def summary(self) -> dict[str, Any]:
        """All but the records, as it is in JSON."""
        return {
            "table": self.table,
            "release": self.release.id,
            "rows": self.rows,
            "exact": self.exact,
            "inexact": [asdict(note) for note in self.inexact],
            "source_records": len(self),
            "files": [asdict(file) for file in self.files],
        }

    def rows_of(self, table: str) -> Relation:
        """The rows of a table between the source files and the rows that were asked for.

        Raises CallError for a table none of whose rows were traced.
        """
        source, ids = self._source(table)
        rows = source.layer.read(source.storage, source.snapshot, self._tables.connection)
        wanted = self._tables.connection.sql(f"from {ids}")
        return matching(rows, wanted, [ROW], Inputs(self._tables.connection))

    def records(self, limit: int | None = None) -> Relation:
        """The source records, lazily: their table, file, record number, and fields as JSON."""
        connection = self._tables.connection
        parts = [connection.sql(_EMPTY)]
        for name, source, ids in self._sources():
            wanted = connection.sql(f"select {ROW} from {ids}")
            if limit is not None:
                wanted = wanted.order(ROW).limit(limit)
            records = source_records(source, wanted, connection)
            parts.append(records.project(f'{literal(name)} as "table", file, record, "row"'))
        rows = joined(parts).order('"table", file, record')
        return rows if limit is None else rows.limit(limit)

    def removed(self) -> Relation:
        """The records that would also have counted, but were not kept.

        With their `table`, `fate` ("deduplicated", "dropped" or "quarantined"), `rule`, `column`
        and `value`, and as in `records` their `file`, `record` and `row`. A record whose values do
        not say where it would have counted, such as one with an invalid date, is missing.
        """
        return self._tables.connection.sql(f"from {self._removed}")

    @property
    def removed_counts(self) -> list[dict[str, Any]]:
        """How many records would have counted, by table, fate and rule."""
        columns = '"table", fate, rule, "column"'
        rows = self.removed().aggregate(f"{columns}, count(*) as records").order("all")
        return [dict(row) for row in rows.to_arrow_table().to_pylist()]

    @cached_property
    def _removed(self) -> str:
        parts = [self._tables.connection.sql(_NONE_REMOVED), *self._find_removed()]
        rows = joined(parts).order('"table", file, record, fate')
        if self.columns is not None:
            names = ", ".join(map(literal, self.columns))
            rows = rows.filter(f'"table" in ({names})')
        return self._tables.create(rows)

    def as_dicts(self, records: Relation) -> list[dict[str, Any]]:
        """Some of the `records` or `removed` ones, with their fields as a dict.

        A corrected one also has its `correction`: id, original fields, and corrected columns.
        """
        rows = []
        for batch in records.to_arrow_reader(BATCH):
            for row in batch.to_pylist():
                each = self.correction_of(row)
                correction = {"correction": _fields(each)} if each else {}
                rows.append({**row, "row": json.loads(row["row"]), **correction})
        return rows

    def correction_of(self, record: Mapping[str, Any]) -> Correction | None:
        """The correction that was read in place of one of the `records` or `removed` ones."""
        table, file = record["table"], record["file"]
        snapshot = self.release.tables.get(table)
        # A removed record has the table that removed it, which may be made of several sources.
        names = [origin.table for origin in snapshot.origins] if snapshot else []
        sources = [name for name in names if file in self._file_names[name]]
        return self._corrections.get((*sources, file, record["record"]))

    @cached_property
    def _file_names(self) -> Mapping[str, frozenset[str]]:
        return {
            table: frozenset(file.name for file in snapshot.sources)
            for table, snapshot in self.release.tables.items()
        }

    @cached_property
    def _corrections(self) -> Mapping[tuple[str | int, ...], Correction]:
        """The corrections that the release has, by source table, file and record."""
        files: dict[str, list[tuple[str, str]]] = {}
        for table, snapshot in self.release.tables.items():
            for file in snapshot.sources:
                for ident in set(file.corrections) - set(file.unapplied):
                    files.setdefault(ident, []).append((table, file.name))
        corrections = self._log().all if files else ()
        return {
            (*place, each.record): each for each in corrections for place in files.get(each.id, ())
        }

    def to_arrow(self) -> pa.Table:
        return self.records().to_arrow_table()

    def _source(self, table: str) -> tuple[Input, str]:
        if table not in self._traced:
            known = ", ".join(self.tables)
            raise CallError(f"no rows of {table!r} were traced", hint=f"choose one: {known}")
        return self._traced[table]

    def _sources(self) -> Iterator[tuple[str, Input, str]]:
        """The traced tables of source files: name, snapshot and ids."""
        for name, (source, ids) in self._traced.items():
            shown = self.columns is None or name in self.columns
            if shown and isinstance(source.layer, SourceLayer):
                yield name, source, ids

    def _files(self) -> list[TracedFile]:
        files = []
        for name, source, ids in self._sources():
            names = [each.name for each in source.snapshot.sources]
            counts = self._tables.rows(
                f"select {file_of(ROW)}, count(*) from {ids} group by all order by all"
            )
            files += [TracedFile(name, names[number], count) for number, count in counts]
        return files


def _fields(correction: Correction) -> dict[str, Any]:
    original = json.loads(correction.original)
    return {"id": correction.id, "original": original, "values": correction.values}
