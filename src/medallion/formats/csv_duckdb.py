"""CsvFile CSV with DuckDB: fast, and believed only where DuckDB's own checks or a count of lines bear it out."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import literal, quote
from medallion.formats import parquet_file
from medallion.formats.csv_records import Dialect, LineSplitter, fit, misfit
from medallion.formats.text_lines import numbered_lines
from medallion.formats.unreadable_records import UnreadableRecords

if TYPE_CHECKING:
    from medallion.contracts import Connection

_CHUNK = 1 << 20
_REJECTS = "_csv_rejects"
_SCANS = "_csv_scans"
_RAGGED = ("MISSING COLUMNS", "TOO MANY COLUMNS")
_LIMIT = 1_000_000  # faults; a file with more is for the reader that says what is wrong with it


@dataclass(frozen=True)
class LineCount:
    """What a look at the bytes tells: how many lines there are, blank ones at the end left out, and whether a quote."""

    count: int
    quoted: bool


@dataclass(frozen=True)
class CsvFile:
    """One UTF-8 file, read into the Parquet file `part`."""

    text: Path
    name: str
    columns: tuple[str, ...]
    dialect: Dialect
    above: int  # lines above the header, or above the first record when there is none
    header_lines: int  # lines above the first record
    part: Path
    connection: Connection

    def read(self) -> tuple[int, UnreadableRecords] | None:
        """Write the rows, in order: how many, and the records set aside. None when DuckDB cannot be relied on.

        A file without quotes has one record a line, so that counting proves the quickest way right. With quotes
        DuckDB's strict reading comes first: where a thread begins inside a quoted field, it notices.
        """
        lines = survey(self.text, self.dialect)
        if lines is None or (self.dialect.quote and self._quoted_above()):
            return None
        if not lines.quoted:
            return self._counted(lines) or self._strict()
        return self._strict() or self._counted(lines) or self._counted(lines, alone=True)

    def _quoted_above(self) -> bool:
        """Whether a line above the header has a quote, by which DuckDB would skip more lines than were meant."""
        mark = self.dialect.quote.encode()
        return any(mark in line for _, line in islice(numbered_lines(self.text), self.above))

    def _strict(self) -> tuple[int, UnreadableRecords] | None:
        rows = self._write()
        return None if rows is None else (rows, UnreadableRecords(self.name))

    def _counted(
        self, lines: LineCount, *, alone: bool = False
    ) -> tuple[int, UnreadableRecords] | None:
        """Set records with fields too many or missing aside, provided that every line of the file is accounted for.

        DuckDB does not tell of all that it leaves out, such as a last record whose quote is never closed. Only one
        thread `alone`, from the first line on, knows what of a file with line breaks in values is a broken record.
        """
        try:
            tables = f"rejects_table={literal(_REJECTS)}, rejects_scan={literal(_SCANS)}, rejects_limit={_LIMIT}"
            rows = self._write(
                "store_rejects=true", tables, *(("parallel=false",) if alone else ())
            )
            found = None if rows is None else self._found()
        finally:
            for table in (_REJECTS, _SCANS):
                self.connection.execute(f"drop table if exists {table}").fetchall()
        if rows is None or found is None:
            return None
        # No record is told of twice, so that lines left over can only be breaks inside values, or records left out.
        over = lines.count - self.header_lines - rows - len(found)
        if over and (not lines.quoted or (found and not alone)):
            return None
        if over and over != self._count_breaks():
            return None
        rejects = self._judged(found, self._breaks() if over and found else iter(()))
        return None if rejects is None else (rows, rejects)

    def _write(self, *options: str) -> int | None:
        import duckdb

        types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in self.columns)
        dialect = {
            "delim": self.dialect.delimiter,
            "quote": self.dialect.quote,
            "escape": self.dialect.quote,
        }
        nulls = ", ".join(map(literal, ("", *self.dialect.nulls)))
        settings = ", ".join(
            (
                f"columns={{{types}}}",
                *(f"{key}={literal(mark)}" for key, mark in dialect.items()),
                *options,
            )
        )
        query = f"""
            select * from read_csv({literal(glob.escape(str(self.text)))}, auto_detect=false, strict_mode=true,
                header={self.header_lines > self.above}, skip={self.above}, nullstr=[{nulls}],
                allow_quoted_nulls=false, hive_partitioning=false, {settings})"""
        # NotImplementedException: threads that began at different places do not meet
        with suppress(duckdb.InvalidInputException, duckdb.NotImplementedException):
            return parquet_file.write(query, self.part, self.connection)
        return None

    def _found(self) -> list[int] | None:
        """Where the lines of rejected records begin, or None when something else is wrong with one."""
        kinds = ", ".join(literal(kind) for kind in _RAGGED)
        query = f"""
            select line_byte_position, bool_and(error_type::varchar in ({kinds})) from {_REJECTS}
            group by all order by all"""
        rows = self.connection.execute(query).fetchall()
        return [position for position, _ in rows] if all(ragged for _, ragged in rows) else None

    def _count_breaks(self) -> int:
        """How many line breaks stand inside the values that were written."""
        query = f"select coalesce(sum({self._breaks_of_row()}), 0)::bigint from {parquet_file.scan(self.part)}"
        return int(self.connection.execute(query).fetchall()[0][0])

    def _breaks(self) -> Iterator[tuple[int, int]]:
        """The rows that were written with line breaks inside: (position, how many) each, in order."""
        query = f"""
            select file_row_number, breaks from (
                select file_row_number, {self._breaks_of_row()} as breaks from {parquet_file.scan(self.part)})
            where breaks > 0 order by all"""
        found = self.connection.execute(query)
        while rows := found.fetchmany(10_000):
            yield from rows

    def _breaks_of_row(self) -> str:
        each = (
            f"(case when contains({name}, e'\\n') then strlen({name}) - strlen(replace({name}, e'\\n', '')) else 0 end)"
            for name in map(quote, self.columns)
        )
        return " + ".join(each)

    def _judged(
        self, positions: list[int], breaks: Iterator[tuple[int, int]]
    ) -> UnreadableRecords | None:
        """The rejected records as the careful reader sees them, or None when it would not reject them."""
        rejects = UnreadableRecords(self.name)
        splitter = LineSplitter(self.dialect)
        inside, coming = 0, next(breaks, None)
        for before, line in _lines_at(self.text, positions):
            try:
                record = splitter.split(before, line.decode())
            except UnicodeDecodeError:
                return None
            if record is None or record.fault or fit(record.fields, len(self.columns)):
                return None
            above = before - self.header_lines - len(rejects)  # lines that rows take
            while coming and coming[0] + inside < above:
                inside += coming[1]
                if coming[0] + inside >= above:  # it begins within a row
                    return None
                coming = next(breaks, None)
            number = before - self.header_lines - inside + 1
            rejects.add(number, misfit(record.fields, len(self.columns)), record.raw)
        return rejects if len(rejects) == len(positions) else None


def survey(text: Path, dialect: Dialect) -> LineCount | None:
    """Count the lines, unless DuckDB would read the file wrong without saying so: it lets NUL bytes pass, takes
    some of the carriage returns that stand alone for line ends, and has rules of its own for escapes."""
    if not dialect.quote.isascii():
        return None
    mark, escape = dialect.quote.encode(), dialect.escape.encode()
    quoted, breaks, trailing = False, 0, 0
    with text.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if chunk.endswith(b"\r"):
                chunk += file.read(1)
            if b"\0" in chunk or (b"\r" in chunk and chunk.count(b"\r") != chunk.count(b"\r\n")):
                return None
            if escape and escape in chunk:
                return None
            quoted = quoted or (bool(mark) and mark in chunk)
            found = chunk.count(b"\n")
            breaks += found
            ending = chunk[len(chunk.rstrip(b"\r\n")) :]
            trailing = ending.count(b"\n") + (trailing if ending == chunk else 0)
    return LineCount(breaks - trailing + 1, quoted)


def _lines_at(text: Path, positions: list[int]) -> Iterator[tuple[int, bytes]]:
    """The lines that begin at these bytes, each with the number of lines before it; ends where none begins."""
    before, at, last = 0, 0, b"\n"
    with text.open("rb") as file:
        for position in positions:
            start = position - 1  # counted from 1, and after \r\n it is that of the \n
            while at < start and (chunk := file.read(min(_CHUNK, start - at))):
                before, at, last = before + chunk.count(b"\n"), at + len(chunk), chunk[-1:]
            if last == b"\r":
                before, at, last = before + 1, at + 1, file.read(1)
            if at not in (start, start + 1) or last != b"\n":
                return
            line = file.readline()
            yield before, line
            before, at, last = before + line.count(b"\n"), at + len(line), line[-1:]
