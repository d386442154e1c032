"""Corrections of the records of a source file, applied when the file is parsed.

The Parquet file of the records is written again with the corrected ones in their places, so that
all that reads records reads these.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from medallion.contracts import ORIGIN, ROW, Parsed, literal, quote
from medallion.kernel.temp_tables import TempTables
from medallion.records import Correction
from medallion.records.column_type import NULL, column_type
from medallion.sql.duckdb_types import duckdb_type, types_of
from medallion.storage.local import storage_errors

_AFTER = (1 << 63) - 1  # a record that could be split comes after the others of its position


class CorrectedFile(NamedTuple):
    """The result of a corrected file, and the ids of the corrections that do not fit it."""

    parsed: Parsed
    unapplied: tuple[str, ...]


class CorrectedRecords:
    """The records of one file, in the Parquet file `target`, whose corrections are applied once.

    A correction fits if the record is what it was when it was corrected, and its values can be read
    as the types of the file's columns. `added` are the columns with facts about the file, as SQL,
    in which `{record}` stands for the number of the record: files with the same bytes differ in
    them, and no correction has them.
    """

    def __init__(
        self,
        parsed: Parsed,
        target: Path,
        tables: TempTables,
        added: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.parsed = parsed
        self.target = target
        self.connection = tables.connection
        self.tables = tables
        self.added = added
        self.scan = f"read_parquet({literal(str(target))}, hive_partitioning=false)"
        self.types = types_of(self.connection.sql(f"from {self.scan}"))
        self.unreadable = {number: text for number, _, text in parsed.rejects}
        self.without_values = {each.name for each in parsed.columns if each.type == str(NULL)}

    def apply(self, corrections: Sequence[Correction]) -> CorrectedFile:
        """Apply the corrections that fit. Raises StorageError if writing fails."""
        originals = self._originals(corrections)
        same = [each for each in corrections if self._is_same(each, originals)]
        names = [name for name in self.types if any(name in each.values for each in same)]
        for each in same:
            for name in self.without_values & each.types.keys():
                self.types[name] = column_type(each.types[name])
                self.without_values.remove(name)
        fitting: list[Correction] = []
        if same:
            table = self._table(same, names)
            misfits = self._delete_misfits(table, names)
            fitting = [each for number, each in enumerate(same) if number not in misfits]
            if fitting and not self._rewrite(table, names):
                fitting = []
        ids = {each.id for each in fitting}
        return CorrectedFile(
            self._corrected(fitting), tuple(each.id for each in corrections if each.id not in ids)
        )

    @cached_property
    def _rejected(self) -> list[int]:
        return sorted(self.unreadable)

    def _position(self, record: int) -> int:
        """The position of a record in the Parquet file, or that of the first one after it."""
        return record - 1 - bisect_left(self._rejected, record)

    def _originals(self, corrections: Sequence[Correction]) -> Mapping[int, Mapping[str, Any]]:
        """The records as the file has them, by position."""
        positions = [
            self._position(each.record)
            for each in corrections
            if each.record not in self.unreadable
        ]
        if not positions:
            return {}
        fields = ", ".join(f"{literal(name)}: {quote(name)}" for name in self.types)
        rows = self.tables.rows(
            f"select file_row_number, to_json({{{fields}}})::varchar from {self.scan} "
            f"where file_row_number in (select unnest({positions}::bigint[]))"
        )
        return {position: json.loads(row) for position, row in rows}

    def _is_same(self, correction: Correction, originals: Mapping[int, Mapping[str, Any]]) -> bool:
        """Whether the record is the one that was corrected, and has the corrected columns."""
        before = json.loads(correction.original)
        if not correction.values.keys() <= self.types.keys() - self.added.keys():
            return False
        if correction.record in self.unreadable:
            return bool(before == {"text": self.unreadable[correction.record]})
        present = originals.get(self._position(correction.record))
        # The original also has the columns of other files of its table, which are null.
        return present is not None and all(
            name in before and _equal(before[name], value)
            for name, value in present.items()
            if name not in self.added
        )

    def _table(self, corrections: Sequence[Correction], names: Sequence[str]) -> str:
        """A table of corrections: number, place, names of the corrected columns, and values."""
        lines = [
            json.dumps(
                {
                    "number": number,
                    "position": self._position(each.record),
                    "record": each.record if each.record in self.unreadable else None,
                    "changed": list(each.values),
                    "fixed": [each.values.get(name) for name in names],
                }
            )
            for number, each in enumerate(corrections)
        ]
        file = self.target.with_name(f"{self.target.name}.corrections")
        with storage_errors(file):
            file.write_text("\n".join(lines), encoding="utf-8")
        columns = (
            "{number: 'BIGINT', position: 'BIGINT', record: 'BIGINT', changed: 'VARCHAR[]', "
            "fixed: 'VARCHAR[]'}"
        )
        largest = max(map(len, lines)) + 1024
        options = f"format = 'newline_delimited', maximum_object_size = {largest}"
        rows = f"from read_json({literal(str(file))}, columns = {columns}, {options})"
        table = self.tables.create(self.connection.sql(rows))
        file.unlink()
        return table

    def _value(self, names: Sequence[str], name: str) -> str:
        """SQL of a corrected value before it is read as its column's type."""
        text = f"f.fixed[{names.index(name) + 1}]"
        return f"try_cast({text} as json)" if self.types[name].nested else text

    def _delete_misfits(self, table: str, names: Sequence[str]) -> set[int]:
        """Delete the corrections with a value that is not one of its column's type."""
        conditions = [
            f"(f.fixed[{place}] is not null and "
            f"try_cast({self._value(names, name)} as {duckdb_type(self.types[name])}) is null)"
            for place, name in enumerate(names, 1)
        ]
        query = f"delete from {table} f where {' or '.join(conditions)} returning number"
        return {number for (number,) in self.tables.rows(query)}

    def _rewrite(self, table: str, names: Sequence[str]) -> bool:
        """Write the records with their corrections; False if Parquet cannot have their types."""
        columns, added = [], []
        for name, type_ in self.types.items():
            column = quote(name)
            if name not in names:
                columns.append(f"r.{column}")
                fact = self.added.get(name, "null").replace("{record}", "f.record")
                added.append(f"cast({fact} as {duckdb_type(type_)})")
                continue
            value = f"cast({self._value(names, name)} as {duckdb_type(type_)})"
            changed = f"list_contains(f.changed, {literal(name)})"
            former = f"cast(r.{column} as {duckdb_type(type_)})"
            columns.append(f"case when {changed} then {value} else {former} end as {column}")
            added.append(value)
        query = (
            f"select {', '.join(map(quote, self.types))} from ("
            f"select r.file_row_number as {ROW}, {_AFTER} as {ORIGIN}, {', '.join(columns)} "
            f"from {self.scan} r left join {table} f "
            "on f.position = r.file_row_number and f.record is null "
            f"union all select f.position, f.record, {', '.join(added)} "
            f"from {table} f where f.record is not null) order by {ROW}, {ORIGIN}"
        )
        part = self.target.with_name(f"{self.target.name}.corrected")
        options = "format parquet, compression snappy, parquet_version v2"
        with storage_errors(part):
            self.connection.execute(f"copy ({query}) to {literal(str(part))} ({options})")
        if types_of(self.connection.sql(f"from read_parquet({literal(str(part))})")) != self.types:
            part.unlink()
            return False
        with storage_errors(part):
            part.replace(self.target)
        return True

    def _corrected(self, corrections: Sequence[Correction]) -> Parsed:
        """The result of the file: records that could not be split are rows now."""
        records = {each.record for each in corrections} & self.unreadable.keys()
        rejects = tuple(each for each in self.parsed.rejects if each[0] not in records)
        types = {name: type_ for each in corrections for name, type_ in each.types.items()}
        columns = tuple(
            column.model_copy(update={"type": types.get(column.name, column.type)})
            for column in self.parsed.columns
        )
        rows = self.parsed.rows + len(records)
        return replace(self.parsed, columns=columns, rows=rows, rejects=rejects)


def _equal(value: object, other: object) -> bool:
    """Whether two values of JSON are equal, also when NaN is in them."""
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(_equal, value, other))
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(
            _equal(member, other[name]) for name, member in value.items()
        )
    return value == other or (value != value and other != other)
