"""Reading CSV with DuckDB: fast, and accepted only if its checks or a count of lines confirm it."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping
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
_SURROUNDING = "\ufeff \t"  # characters that may surround the names of a repeated header
_RAGGED = ("MISSING COLUMNS", "TOO MANY COLUMNS")
_LIMIT = 1_000_000  # rejects; a file with more is left to the careful reader


@dataclass(frozen=True)
class LineCount:
    """The number of lines without blank ones at the end, and whether the file has a quote."""

    count: int
    quoted: bool


@dataclass(frozen=True)
class CsvFile:
    """A UTF-8 file, which `read` writes to the Parquet file `part`."""

    text: Path
    name: str
    columns: tuple[str, ...]
    dialect: Dialect
    above: int  # lines above the header, or above the first record if there is no header
    header_lines: int  # lines above the first record
    part: Path
    connection: Connection

    def read(self) -> tuple[int, UnreadableRecords] | None:
        """Write the rows in order; their number, and the rejects. None if that cannot be verified.

        A file without quotes has one record per line, so that counting lines verifies the fast
        parallel way. With quotes DuckDB's strict mode is first: it detects a thread that begins in
        a quoted field.
        """
        lines = survey(self.text, self.dialect)
        if lines is None or (self.dialect.quote and self._quoted_above()):
            return None
        if not lines.quoted:
            return self._counted(lines) or self._strict()
        return self._strict() or self._counted(lines) or self._counted(lines, alone=True)

    def _quoted_above(self) -> bool:
        """Whether a line above the header has a quote; DuckDB would then skip more lines."""
        mark = self.dialect.quote.encode()
        return any(mark in line for _, line in islice(numbered_lines(self.text), self.above))

    def _strict(self) -> tuple[int, UnreadableRecords] | None:
        rows = self._write()
        return None if rows is None else (rows, UnreadableRecords(self.name))

    def _counted(
        self, lines: LineCount, *, alone: bool = False
    ) -> tuple[int, UnreadableRecords] | None:
        """Reject records with extra or missing fields, provided that every line is accounted for.

        DuckDB omits some records without an error, such as a last record whose quote is never
        closed. In a file with line breaks in values, only a single thread (`alone`) that reads from
        the first line on can say which records are broken.
        """
        options = [
            "store_rejects=true",
            f"rejects_table={literal(_REJECTS)}",
            f"rejects_scan={literal(_SCANS)}",
            f"rejects_limit={_LIMIT}",
            *(["parallel=false"] if alone else []),
        ]
        try:
            rows = self._write(*options)
            positions = None if rows is None else self._reject_positions()
        finally:
            for table in (_REJECTS, _SCANS):
                self.connection.execute(f"drop table if exists {table}").fetchall()
        if rows is None or positions is None:
            return None
        # No record is reported twice: extra lines are line breaks in values, or omitted records.
        extra = lines.count - self.header_lines - rows - len(positions)
        if extra and (not lines.quoted or (positions and not alone)):
            return None
        if extra and extra != self._count_breaks():
            return None
        rejects = self._rejects(positions, self._breaks() if extra and positions else iter(()))
        return None if rejects is None else (rows, rejects)

    def _write(self, *options: str) -> int | None:
        """Write the rows that DuckDB reads with these options; their number, None for an error."""
        types = dict.fromkeys(self.columns, "VARCHAR")
        place = (f"header={self.header_lines > self.above}", f"skip={self.above}")
        return write_csv(
            self.text, types, self.dialect, self.part, self.connection, *place, *options
        )

    def _reject_positions(self) -> list[int] | None:
        """The byte positions of rejected records; None if one has another fault than its width."""
        kinds = ", ".join(literal(kind) for kind in _RAGGED)
        query = f"""
            select line_byte_position, bool_and(error_type::varchar in ({kinds})) from {_REJECTS}
            group by all order by all"""
        rows = self.connection.execute(query).fetchall()
        return [position for position, _ in rows] if all(ragged for _, ragged in rows) else None

    def _count_breaks(self) -> int:
        """The number of line breaks in the values that were written."""
        rows = parquet_file.scan(self.part)
        query = f"select coalesce(sum({self._breaks_of_row()}), 0)::bigint from {rows}"
        return int(self.connection.execute(query).fetchall()[0][0])

    def _breaks(self) -> Iterator[tuple[int, int]]:
        """The position and the number of line breaks of each row that has any, in order."""
        rows = parquet_file.scan(self.part)
        query = f"""
            select file_row_number, breaks
            from (select file_row_number, {self._breaks_of_row()} as breaks from {rows})
            where breaks > 0 order by all"""
        result = self.connection.execute(query)
        while batch := result.fetchmany(10_000):
            yield from batch

    def _breaks_of_row(self) -> str:
        """SQL of the number of line breaks in a row; `contains` is first because it is cheaper."""
        return " + ".join(
            f"(case when contains({name}, e'\\n')"
            f" then strlen({name}) - strlen(replace({name}, e'\\n', '')) else 0 end)"
            for name in map(quote, self.columns)
        )

    def _rejects(
        self, positions: list[int], breaks: Iterator[tuple[int, int]]
    ) -> UnreadableRecords | None:
        """The rejected records and their numbers; None if the careful reader would accept one.

        `positions` are those of the records in bytes, `breaks` the rows with line breaks in values:
        a record's number is its line number less the line breaks in values above it.
        """
        rejects = UnreadableRecords(self.name)
        splitter = LineSplitter(self.dialect)
        inside, row = 0, next(breaks, None)  # `inside`: line breaks in values above the record
        for before, line in _lines_at(self.text, positions):
            try:
                record = splitter.split(before, line.decode())
            except UnicodeDecodeError:
                return None
            if record is None or record.fault or fit(record.fields, len(self.columns)):
                return None
            above = before - self.header_lines - len(rejects)  # lines of accepted rows
            while row and row[0] + inside < above:
                inside += row[1]
                if row[0] + inside >= above:  # the record would begin within a row
                    return None
                row = next(breaks, None)
            number = before - self.header_lines - inside + 1
            rejects.add(number, misfit(record.fields, len(self.columns)), record.raw)
        return rejects if len(rejects) == len(positions) else None


def write_csv(
    text: Path,
    types: Mapping[str, str],
    dialect: Dialect,
    part: Path,
    connection: Connection,
    *options: str,
    selected: str = "*",
) -> int | None:
    """Write the rows of a file that DuckDB reads strictly; their number, None for an error.

    `types` are the columns with their types of DuckDB, `selected` is SQL of those to write.
    """
    import duckdb

    columns = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in types.items())
    settings = {
        "columns": f"{{{columns}}}",
        "delim": literal(dialect.delimiter),
        "quote": literal(dialect.quote),
        "escape": literal(dialect.quote),
        "nullstr": f"[{', '.join(map(literal, ('', *dialect.nulls)))}]",
    }
    query = f"""
        select {selected} from read_csv(
            {literal(glob.escape(str(text)))}, auto_detect=false, strict_mode=true,
            allow_quoted_nulls=false, hive_partitioning=false,
            {", ".join((*(f"{key}={value}" for key, value in settings.items()), *options))})"""
    # ConversionException: a record is other than a line, and its number is not one then.
    # NotImplementedException: the threads' parts of the file do not join up.
    with suppress(
        duckdb.ConversionException, duckdb.InvalidInputException, duckdb.NotImplementedException
    ):
        return parquet_file.write(query, part, connection)
    return None


def needs_careful_reader(
    columns: tuple[str, ...], nameless: tuple[str, ...], part: Path, connection: Connection
) -> bool:
    """Whether a row repeats the header, or has a value in a column without a name."""
    # One column nearly always shows that no row repeats the header, without reading the others.
    longest = _repeats(max(columns, key=len))
    conditions = [longest] if not nameless else []
    repeats = " and ".join(map(_repeats, columns))
    empty = (f"{quote(column)} is not null" for column in nameless)
    conditions.append(" or ".join([f"({repeats})", *empty]))
    return all(
        connection.execute(
            f"select 1 from {parquet_file.scan(part)} where {condition} limit 1"
        ).fetchall()
        for condition in conditions
    )


def _repeats(column: str) -> str:
    """SQL that is true for a value that repeats the name of its column."""
    same = f"lower(trim({quote(column)}, {literal(_SURROUNDING)})) = lower({literal(column)})"
    # A shorter value cannot be a name of ASCII characters, in any case.
    return f"length({quote(column)}) >= {len(column)} and {same}" if column.isascii() else same


def survey(text: Path, dialect: Dialect) -> LineCount | None:
    """Count the lines; None for a file that DuckDB reads incorrectly without an error.

    DuckDB accepts NUL bytes, takes some lone carriage returns for line ends, and has other rules
    for escapes.
    """
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
            breaks += chunk.count(b"\n")
            ending = chunk[len(chunk.rstrip(b"\r\n")) :]
            trailing = ending.count(b"\n") + (trailing if ending == chunk else 0)
    return LineCount(breaks - trailing + 1, quoted)


def _lines_at(text: Path, positions: list[int]) -> Iterator[tuple[int, bytes]]:
    """The lines at these byte positions, each with the number of lines before it.

    Ends at a position where no line begins.
    """
    before, at, last = 0, 0, b"\n"
    with text.open("rb") as file:
        for position in positions:
            start = (
                position - 1
            )  # DuckDB counts from 1, and after \r\n gives the position of the \n
            while at < start and (chunk := file.read(min(_CHUNK, start - at))):
                before, at, last = before + chunk.count(b"\n"), at + len(chunk), chunk[-1:]
            if last == b"\r":
                before, at, last = before + 1, at + 1, file.read(1)
            if at not in (start, start + 1) or last != b"\n":
                return
            line = file.readline()
            yield before, line
            before, at, last = before + line.count(b"\n"), at + len(line), line[-1:]
