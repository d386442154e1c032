"""Reading many small CSV files in one query of DuckDB.

Each line gets the numbers of its file and of its record in front, as two fields. That is exact only
where each record is a line of its own, which the checks here and the number of rows confirm. All
other files are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import ORIGIN, ROW, ParsedTogether
from medallion.formats.csv_duckdb import needs_careful_reader, write_csv
from medallion.formats.csv_header import DELIMITERS, Header, HeaderReader
from medallion.formats.csv_records import Dialect
from medallion.formats.text_file import UTF8_MARK
from medallion.sql.row_ids import FILE_BITS
from medallion.storage.local import storage_errors

if TYPE_CHECKING:
    from medallion.contracts import Connection


@dataclass(frozen=True)
class LineFile:
    """A file each of whose records is a line: its number, and the lines without their ends."""

    number: int
    header: Header
    lines: list[bytes]


@dataclass
class LineFiles:
    """Collects the files that can be read together, by their headers."""

    files: dict[Header, list[LineFile]] = field(default_factory=dict)
    _headers: dict[tuple[bytes, Dialect], Header] = field(default_factory=dict)

    def add(self, number: int, text: bytes, reader: HeaderReader) -> None:
        """Add a file of UTF-8 text, unless its records may be other than its lines.

        Raises SourceError for an invalid header.
        """
        data = text.removeprefix(UTF8_MARK)
        if b"\0" in data or (b"\r" in data and data.count(b"\r") != data.count(b"\r\n")):
            return
        lines = data.rstrip(b"\r\n").splitlines()
        header = self._header(reader, lines[0])
        if header.nameless or header.warnings or len(header.columns) == 1:
            return
        records = lines[header.lines :]
        if _are_plain(data, records, header):
            self.files.setdefault(header, []).append(LineFile(number, header, records))

    def _header(self, reader: HeaderReader, first: bytes) -> Header:
        """The header of a file; read once if the first line alone decides it."""
        header = self._headers.get((first, reader.dialect))
        if header is None:
            header = reader.read()
            if _decides(first, header, reader):
                self._headers[first, reader.dialect] = header
        return header


def _decides(first: bytes, header: Header, reader: HeaderReader) -> bool:
    """Whether each file with this first line has this header, whatever follows."""
    dialect = header.dialect
    marks = [*DELIMITERS, dialect.quote, dialect.escape, dialect.comment]
    return (
        header.named
        and (header.above, header.lines, reader.skip) == (0, 1, 0)
        and dialect == reader.dialect
        and len(header.columns) > 1
        and not header.nameless
        and not header.warnings
        and not any(mark.encode() in first for mark in marks if mark and mark != dialect.delimiter)
    )


def _are_plain(data: bytes, records: Sequence[bytes], header: Header) -> bool:
    """Whether each of these lines is a record, as far as that can be said without splitting it."""
    dialect = header.dialect
    if dialect.delimiter.isdecimal() or dialect.quote.isdecimal():
        return False  # they would split the numbers in front of a line
    if not dialect.quote and any(token.isdecimal() for token in dialect.nulls):
        return False  # the numbers in front of a line could become null
    if not dialect.quote.isascii() or (dialect.escape and dialect.escape.encode() in data):
        return False
    if not all(records):
        return False
    comment, quote = dialect.comment.encode(), dialect.quote.encode()
    if comment and any(line.startswith(comment) for line in records):
        return False
    return not quote or quote not in data or all(line.count(quote) % 2 == 0 for line in records)


def read_together(
    files: Sequence[LineFile], folder: Path, connection: Connection
) -> Iterator[ParsedTogether]:
    """The records of files with the same header; files that DuckDB does not read so are left out.

    When a query fails, the file at fault is in one of the halves.
    """
    if len(files) < 2:
        return
    target = folder / f"{files[0].number}-{files[-1].number}.parquet"
    if _write(files, target, connection):
        header = files[0].header
        yield ParsedTogether(
            target, {file.number: header.parsed(len(file.lines)) for file in files}
        )
        return
    target.unlink(missing_ok=True)
    middle = len(files) // 2
    yield from read_together(files[:middle], folder, connection)
    yield from read_together(files[middle:], folder, connection)


def _write(files: Sequence[LineFile], target: Path, connection: Connection) -> bool:
    """Write the records of files with the same header; False if some may be other than lines."""
    header, text = files[0].header, target.with_suffix(".csv")
    dialect = header.dialect
    # A quoted value is never null, also where a user declares numbers as null.
    mark = dialect.quote if any(token.isdecimal() for token in dialect.nulls) else ""
    before, after = mark.encode(), f"{mark}{dialect.delimiter}".encode()
    longest = max(len(file.lines) for file in files)
    positions = [b"%b%d%b" % (before, number, after) for number in range(longest)]
    try:
        with storage_errors(text), text.open("wb") as out:
            for place, file in enumerate(files):
                number = repeat(b"%b%d%b" % (before, place, after))
                parts = zip(number, positions, file.lines, repeat(b"\n"))
                out.write(b"".join(chain.from_iterable(parts)))
        types = {ORIGIN: "BIGINT", ROW: "BIGINT", **dict.fromkeys(header.columns, "VARCHAR")}
        origin = f"({ORIGIN} << {FILE_BITS}) | {ROW} as {ORIGIN}, * exclude ({ORIGIN}, {ROW})"
        rows = write_csv(text, types, dialect, target, connection, "header=false", selected=origin)
    finally:
        text.unlink(missing_ok=True)
    lines = sum(len(file.lines) for file in files)
    return rows == lines and not needs_careful_reader(header.columns, (), target, connection)
