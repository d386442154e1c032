"""The header of a CSV file, and hints what to declare if the file does not fit the declaration."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from pathlib import Path

from medallion.contracts import Parsed
from medallion.errors import SourceError
from medallion.formats.column_names import check_names, clean_name
from medallion.formats.csv_records import CsvRecord, Dialect, Splitter, fit
from medallion.formats.text_lines import numbered_lines
from medallion.formats.unreadable_records import UnreadableRecords
from medallion.plural import count_of
from medallion.records import Column

DELIMITERS = {",": "','", ";": "';'", "\t": '"\\t"', "|": "'|'"}

_SEPARATOR_LINE = re.compile(r'"?sep=([^"])"?', re.IGNORECASE)
_COMMENTS = ("#", "//", "--", "%")
_RARE = ("^", "~", ":", "\x01", "\x1f", "¦")  # delimiters only if they split every record alike
_JSON = re.compile(r'\s*(\[\s*)?\{\s*"')
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
_SEPARATOR_WIDTH = 16  # bytes of the longest such line, in quotes and with its line end
_ALIKE = 100  # records that another delimiter must split alike
_SAMPLE = 1_000  # records that are read to find a hint


@dataclass(frozen=True)
class Header:
    """The columns of a file, and where its records begin.

    `above` is the number of lines above the header, `lines` the number above the first record; they
    are equal if `named` is False, because the file has no header. `nameless` is the number of
    columns at the end without a name, which are omitted if they have no values.
    """

    columns: tuple[str, ...]
    above: int
    lines: int
    dialect: Dialect
    nameless: int = 0
    warnings: tuple[str, ...] = ()
    named: bool = True

    def parsed(self, rows: int, rejects: tuple[tuple[int, str, str], ...] = ()) -> Parsed:
        """The result of parsing a file with this header."""
        empty = () if rows or rejects else ("has a header but no records",)
        columns = tuple(Column(name=column, type="text") for column in self.columns)
        return Parsed(columns, rows, rejects, (*self.warnings, *empty))


@dataclass(frozen=True)
class HeaderReader:
    """Reads the header of one file.

    `header`: whether the file has one; None if not declared. `rows`: the number of its rows.
    `declared`: the columns of a file without.
    """

    text: Path
    name: str
    dialect: Dialect
    skip: int
    header: bool | None
    rows: int
    declared: tuple[str, ...]
    delimiter_declared: bool

    def read(self) -> Header:
        """The header. Raises SourceError for an invalid one, with a hint what to declare."""
        skip, dialect = self.skip, self.dialect
        if separator := self._separator_line():
            skip = max(skip, 1)
            dialect = dialect if self.delimiter_declared else replace(dialect, delimiter=separator)
        first, second = self._first_two(dialect, skip)
        if first is None:
            raise SourceError(
                f"{self.name}: has no record below its first {count_of(skip, 'line')}",
                hint="declare a lower `skip`",
            )
        if _JSON.match(first.raw):
            raise SourceError(
                f"{self.name}: looks like JSON: {first.raw[:40]}", hint="declare `format: json`"
            )
        what = "the first record" if self.header is False else "the header"
        if first.fields is None:
            raise SourceError(
                f"{self.name}: {what} cannot be read: {first.fault}",
                hint="check `delimiter` and `quote`",
            )
        if len(first.fields) == 1 and len(self.declared) != 1:
            _check_delimiter(first, self.name, dialect, what)
        if not (self.delimiter_declared or separator):
            self._check_other_delimiters(first, dialect, skip, what)
        if self.header is False:
            if fit(first.fields, len(self.declared)) is None:
                raise SourceError(
                    f"{self.name}: the first record has {count_of(len(first.fields), 'field')}, "
                    f"but `columns` names {len(self.declared)}",
                    hint="name as many columns as the file has",
                )
            check_names(self.name, self.declared)
            return Header(self.declared, first.line - 1, first.line - 1, dialect, named=False)
        return self._named(first, second, dialect)

    def _separator_line(self) -> str:
        """The delimiter in a first line such as `sep=;`, as Excel writes it; empty without one."""
        _, first = next(numbered_lines(self.text), (1, b""))
        line = first[:_SEPARATOR_WIDTH].decode(errors="replace").rstrip("\r\n")
        match = _SEPARATOR_LINE.fullmatch(line)
        if not match and not self.skip and line.lower().lstrip('"').startswith("sep="):
            raise SourceError(
                f"{self.name}: the first line, {line}, does not name a single-character delimiter",
                hint="declare `skip: 1` and `delimiter`",
            )
        return match[1] if match else ""

    def _check_other_delimiters(
        self, first: CsvRecord, dialect: Dialect, skip: int, what: str
    ) -> None:
        """Refuse a file that another delimiter splits alike: `id;name, full` above `1;Lee, Ann`."""
        width = len(first.fields or ())
        for other in (*DELIMITERS, *(_RARE if width == 1 else ())):
            if other == dialect.delimiter or other not in first.raw:
                continue
            other_dialect = replace(dialect, delimiter=other)
            sample = islice(Splitter(self.text, self.name, other_dialect, skip), _ALIKE)
            widths = {len(record.fields or ()) for record in sample}
            if len(widths) == 1 and widths != {1} and self._records_fit(dialect, skip, width):
                columns = count_of(width, "column")
                raise SourceError(
                    f"{self.name}: {what} and the records are {columns} when split by "
                    f"{_shown(dialect.delimiter)}, and {widths.pop()} by {_shown(other)}",
                    hint="declare the `delimiter`",
                    settings={"delimiter": other},
                )

    def _records_fit(self, dialect: Dialect, skip: int, width: int) -> bool:
        """Whether there are records below the header, and the first ones have as many fields."""
        records = list(islice(Splitter(self.text, self.name, dialect, skip), _ALIKE))
        return len(records) > 1 and all(fit(record.fields, width) for record in records)

    def _first_two(self, dialect: Dialect, skip: int) -> tuple[CsvRecord | None, CsvRecord | None]:
        """The header, its rows joined, and the record below it."""
        records = iter(Splitter(self.text, self.name, dialect, skip))
        rows = list(islice(records, self.rows))
        return (_joined(rows) if rows else None), next(records, None)

    def _named(self, first: CsvRecord, second: CsvRecord | None, dialect: Dialect) -> Header:
        names = [clean_name(field or "") for field in first.fields or ()]
        mark = next((mark for mark in _COMMENTS if first.raw.startswith(mark)), "")
        if mark and not dialect.comment and self.header is None:
            may_be_header = len(names) > 1 and second and fit(second.fields, len(names))
            raise SourceError(
                f"{self.name}: the header begins with {mark!r}: {first.raw[:80]}",
                hint=f"declare `comment: {mark!r}` if it is a comment, or `header: true` if "
                "it is the header",
                settings={} if may_be_header else {"comment": mark},
            )
        if self.header is None:
            self._check_names_no_record(names)
        nameless = 0
        while len(names) > 1 and not names[-1]:
            nameless += 1
            names.pop()
        warnings: list[str] = []
        width = len(names) + nameless
        if len(names) > 1 and not names[0] and second and fit(second.fields, width):
            names[0] = "column_1"
            warnings.append("the first column has no name and is called 'column_1'")
        lines = first.line + first.raw.count("\n")
        check_names(
            self.name, names, f"; or declare `header: false`, `skip: {lines}` and `columns: [...]`"
        )
        warnings += [
            f"column {number} has neither a name nor values and is omitted"
            for number in range(len(names) + 1, width + 1)
        ]
        above = first.line - 1 if self.rows == 1 else lines
        return Header(tuple(names), above, lines, dialect, nameless, tuple(warnings))

    def _check_names_no_record(self, names: Sequence[str]) -> None:
        """Refuse a header whose names look like values: its first record would be lost."""
        numbers = [name for name in names if _NUMBER.fullmatch(name)]
        dates = [name for name in names if _DATE.fullmatch(name)]
        if (numbers and dates) or names[0] in (*numbers, *dates):
            raise SourceError(
                f"{self.name}: the header looks like a record: {', '.join(names)[:80]}",
                hint="declare `header: false` and `columns: [...]`; or `header: true` if "
                "these are the names",
            )


def _joined(rows: Sequence[CsvRecord]) -> CsvRecord:
    """The rows of a header as one record, whose names are those of all rows, from top to bottom."""
    joined = rows[0]
    for row in rows[1:]:
        if joined.fields is None or row.fields is None:
            return row if row.fields is None else joined
        names, left = [], ""
        for upper, lower in zip_longest(joined.fields, row.fields):
            above, name = clean_name(upper or ""), clean_name(lower or "")
            left = above or left
            above = left if name else above
            names.append(" ".join(dict.fromkeys(filter(None, (above, name)))) or None)
        breaks = row.line - joined.line - joined.raw.count("\n")
        joined = joined._replace(raw=joined.raw + "\n" * breaks + row.raw, fields=names)
    return joined


def _shown(delimiter: str) -> str:
    return DELIMITERS.get(delimiter, repr(delimiter))


def _check_delimiter(first: CsvRecord, name: str, dialect: Dialect, what: str) -> None:
    """Refuse a single column that contains another delimiter, unless it is one quoted field."""
    likely = likely_delimiter([first.raw], dialect)
    quote = dialect.quote
    quoted = bool(quote) and first.raw.startswith(quote) and first.raw.endswith(quote)
    single_field = quoted and quote not in first.raw[1:-1]
    if likely and not single_field:
        raise SourceError(
            f"{name}: {what} is one column when split by {_shown(dialect.delimiter)}",
            hint=f"did you mean `delimiter: {DELIMITERS[likely]}`?",
            settings={"delimiter": likely},
        )


def likely_delimiter(lines: Sequence[str], dialect: Dialect) -> str:
    """The most frequent other delimiter in these lines; empty if they have none."""
    counts = {
        other: sum(line.count(other) for line in lines)
        for other in DELIMITERS
        if other != dialect.delimiter
    }
    likely = max(counts, key=lambda other: counts[other])
    return likely if counts[likely] else ""


def check_fit(text: Path, name: str, header: Header, rows: int, rejects: UnreadableRecords) -> None:
    """Raise SourceError if most records do not fit the header: the declaration must be wrong."""
    if len(rejects) <= rows:
        return
    number, reason, _ = rejects.all()[0]
    names = "the header" if header.named else "`columns`"
    total = count_of(rows + len(rejects), "record")
    verb = "does" if len(rejects) == 1 else "do"
    hint, settings = _advice(text, name, header)
    raise SourceError(
        f"{name}: {len(rejects):,} of its {total} {verb} not fit {names}, "
        f"{', '.join(header.columns)[:80]}; record {number}: {reason}",
        hint=hint,
        settings=settings,
    )


def _advice(text: Path, name: str, header: Header) -> tuple[str, dict[str, str | int]]:
    """What to declare so that the records fit, by the most frequent number of fields."""
    records = list(islice(Splitter(text, name, replace(header.dialect, comment="")), _SAMPLE))
    widths = Counter(len(record.fields) for record in records if record.fields)
    usual = max(widths, key=lambda width: (widths[width], width), default=0)
    first = next((at for at, record in enumerate(records) if len(record.fields or ()) == usual), 0)
    if first and usual > 1 and header.named:
        if all(record.raw.startswith("#") for record in records[:first]):
            return "declare `comment: '#'`", {"comment": "#"}
        line = records[first].line
        return f"its header may be line {line}; declare `skip: {line - 1}`", {"skip": line - 1}
    likely = (
        likely_delimiter([record.raw for record in records], header.dialect) if usual == 1 else ""
    )
    if likely:
        return f"did you mean `delimiter: {DELIMITERS[likely]}`?", {"delimiter": likely}
    return "check `delimiter`, `quote`, `escape` and `skip`, or whether it is the right file", {}
