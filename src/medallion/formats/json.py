"""The JSON format: objects one a line or over several lines, an array of objects, or an envelope around one."""

from __future__ import annotations

import codecs
import glob
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, field_validator

from medallion.contracts import Format, Parsed, literal
from medallion.errors import SourceError
from medallion.formats import parquet_file
from medallion.formats.column_names import check_names
from medallion.formats.json_layout import (
    WHOLE,
    LayoutError,
    begins_array,
    begins_over_lines,
    columnar,
    columnar_error,
    lone_object,
    path_to_list,
    write_lines,
)
from medallion.formats.json_lines import keep_objects
from medallion.formats.json_numbers import has_inexact, quote_inexact
from medallion.formats.json_structure import TOO_DEEP, structure
from medallion.formats.json_types import (
    column_types,
    cut,
    exact_numbers,
    holds,
    looked_at,
    mixed,
    source_types,
    widened,
)
from medallion.formats.text_file import (
    check_encoding,
    check_readable,
    endings,
    plain_text,
    undecodable,
    whole,
)
from medallion.formats.text_lines import MAX_RECORD, numbered_lines
from medallion.formats.unreadable_records import UnreadableRecords
from medallion.plural import count_of
from medallion.records import Column
from medallion.sql.common_type import ColumnType, decided

if TYPE_CHECKING:
    from medallion.contracts import Connection

Shape = Literal["newline_delimited", "array"]
LINES = endings(".ndjson", ".jsonl")  # files whose name says that each line is a record


class Json(Format):
    """A JSON file: one object a line (NDJSON), objects over several lines, or an array of objects. Keys become columns.

    Values keep their JSON types: whole numbers are BIGINT (DECIMAL beyond 64 bits), others DOUBLE, texts VARCHAR (dates
    too: cast them), objects and lists nested. A key with values of several types, or with numbers that a DOUBLE would
    change (0.1234567890123456789, 1e400), comes as VARCHAR with every digit. What nests deeper than 32 levels, or than
    10 lists, comes as JSON text. Files may be compressed (`.gz`, `.zst`, `.bz2`). In NDJSON a line that is no object,
    holds a key twice, or nests more than 100 levels, is quarantined with its number.

    When most lines are no objects, the run fails. So it does when a file is one object that is a whole table by columns
    or by keys, as `df.to_json(path)` writes it: write one object for each record.

    - `records`: the path of the list of records when an envelope is around them: `data`, or `result.items`.
      `.` says that the one object of a file, whatever it holds, is one record itself.
    - `encoding`: the file's text encoding. A byte order mark is dropped.

    ```yaml
    tables:
      bronze:
        events: {source: "data/events/*.ndjson.gz"}
    ```
    """

    name: ClassVar[str] = "json"
    version: ClassVar[int] = 4
    suffixes: ClassVar[tuple[str, ...]] = endings(".json", ".ndjson", ".jsonl")

    records: str | None = Field(default=None, min_length=1)
    encoding: str = "utf-8"

    _known_encoding = field_validator("encoding")(check_encoding)

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        with (
            plain_text(source, name, self._decoder(source, name), target) as text,
            whole(target) as part,
        ):
            if self.records not in (None, WHOLE):
                return _read_layout(text, name, self.records or "", part, connection)
            if begins_array(text):
                try:
                    _check_ends(text)
                    return _read(text, "array", name, part, connection)
                except _NoObjectsError as error:
                    raise _unreadable(text, name, str(error)) from None
            layout = None if self.records else columnar(lone_object(text))
            if layout and not name.lower().endswith(LINES):
                raise columnar_error(name, layout)
            try:
                parsed = _read(text, "newline_delimited", name, part, connection)
                return parsed if self.records else _with_layout_warning(parsed, layout)
            except _NoObjectsError:
                if begins_over_lines(text):
                    with suppress(LayoutError):
                        return _read_layout(text, name, self.records, part, connection)
                return _read_carefully(text, name, part, connection)

    def _decoder(self, source: Path, name: str) -> str:
        """UTF-8 that begins as JSON is read as it stands; all else through a decoder that drops a mark."""
        plain = check_readable(source, name).lstrip()[:1] in (b"{", b"[")
        return (
            "utf-8-sig"
            if codecs.lookup(self.encoding).name == "utf-8" and not plain
            else self.encoding
        )


class _NoObjectsError(Exception):
    """Not all that was read is an object."""


def _with_layout_warning(parsed: Parsed, layout: str | None) -> Parsed:
    """Name the lists of objects in a file's only object, or that it seems to be a whole table."""
    if layout and parsed.rows == 1:
        warning = f"its only line is {layout}; `records: .` says that it is a record"
        return replace(parsed, warnings=(*parsed.warnings, warning))
    lists = [
        column.name
        for column in parsed.columns
        if re.fullmatch(r"STRUCT\(.*\)\[\]", column.type, re.DOTALL)
    ]
    if parsed.rows != 1 or not lists:
        return parsed
    warning = (
        f"is one object with a list of objects in {lists[0]!r}; `format: {{json: {{records: {lists[0]}}}}}` "
        f"makes a row of each of them, `records: .` says that the object is a record"
    )
    return replace(parsed, warnings=(*parsed.warnings, warning))


def _read_layout(
    text: Path, name: str, path: str | None, part: Path, connection: Connection
) -> Parsed:
    """Read records that are not one a line, `path` being where they are. Raises LayoutError when `path` is None."""
    lines = part.with_name(f"{part.name}.lines")
    try:
        if not write_lines(text, name, path or WHOLE, lines):
            raise SourceError(f"{name}: {path!r} holds no record", hint="take it out of `source`")
        value = lone_object(lines) if path is None else None
        if layout := columnar(value):
            raise columnar_error(name, layout)
        if records := path_to_list(value):
            raise SourceError(
                f"{name}: is one object over several lines, with a list of objects in {records!r}",
                hint=f"declare `format: {{json: {{records: {records}}}}}` for one row for each of them, or "
                f"`records: .` when the whole object is one record",
            )
        try:
            return _read(lines, "newline_delimited", name, part, connection)
        except _NoObjectsError:
            return _read_carefully(lines, name, part, connection)
    except LayoutError as error:
        if path is None:
            raise
        raise SourceError(
            f"{name}: {error}", hint="check `records`, the path of the list of records"
        ) from None
    finally:
        lines.unlink(missing_ok=True)


def _check_ends(text: Path) -> None:
    """DuckDB takes an array that is cut short after a comma for a whole one."""
    with text.open("rb") as file:
        file.seek(max(0, text.stat().st_size - 4096))
        if not file.read().rstrip().endswith(b"]"):
            raise _NoObjectsError("it is cut short: it does not end with ']'")


def _read(text: Path, shape: Shape, name: str, part: Path, connection: Connection) -> Parsed:
    """Write the objects of a clean file, in order. Raises _NoObjectsError on others."""
    import duckdb

    file = f"{literal(glob.escape(str(text)))}, format={literal(shape)}, maximum_object_size={MAX_RECORD}"
    objects = f"read_json_objects({file}, hive_partitioning=false)"
    keys = _keys(file, text.stat().st_size, name, connection)
    check_names(name, tuple(keys))
    keys = {column: cut(kind) for column, kind in keys.items()}
    if holds(keys, "DOUBLE", "JSON", "TEXT") and has_inexact(objects, connection):
        return _read_inexact(text, shape, name, keys, part, connection)
    keys = looked_at(keys, objects, connection)

    def write(types: Mapping[str, ColumnType]) -> int:
        columns = ", ".join(
            f"{literal(column)}: {literal(str(decided(type_)))}" for column, type_ in types.items()
        )
        options = "auto_detect=false, records=true, hive_partitioning=false"
        query = f"from read_json({file}, {options}, columns={{{columns}}})"
        return parquet_file.write(query, part, connection)

    types = column_types(keys)
    try:
        try:
            rows = write(types)
        except duckdb.InvalidInputException:  # whole numbers beyond BIGINT
            types = column_types(widened(keys, objects, connection))
            rows = write(types)
    except duckdb.InvalidInputException as error:  # a key that stands twice in an object
        raise _NoObjectsError(_reason(error)) from None
    written = {column.name: column.type for column in parquet_file.columns(part, connection)}
    sources = source_types(keys)
    columns = tuple(
        Column(
            name=column,
            type=written[column] if decided(type_) == type_ else str(type_),
            source_type=sources.get(column, ""),
        )
        for column, type_ in types.items()
    )
    return Parsed(columns, rows, warnings=tuple(mixed(keys)))


def _read_inexact(
    text: Path,
    shape: Shape,
    name: str,
    keys: Mapping[str, Any],
    part: Path,
    connection: Connection,
) -> Parsed:
    """Read a file whose numbers that a DOUBLE would change are texts; `keys` is its structure."""
    copy = part.with_name(f"{part.name}.numbers")
    try:
        count = quote_inexact(text, copy)
        parsed = _read(copy, shape, name, part, connection)
    finally:
        copy.unlink(missing_ok=True)
    types = {column: str(type_) for column, type_ in column_types(keys).items()}
    numbers = source_types({column: exact_numbers(kind) for column, kind in keys.items()})
    columns = tuple(
        column.model_copy(update={"source_type": numbers.get(column.name, column.source_type)})
        if column.type != types[column.name]
        else column
        for column in parsed.columns
    )
    warning = f"{count_of(count, 'number')} with more digits than a DOUBLE keeps; such columns were read as text"
    return replace(parsed, columns=columns, warnings=(warning, *parsed.warnings))


def _keys(file: str, size: int, name: str, connection: Connection) -> dict[str, Any]:
    """The types of all keys over all objects."""
    import duckdb

    try:
        found = structure(file, size, connection)
    except duckdb.InvalidInputException as error:
        raise _NoObjectsError(_reason(error)) from None
    if found.deep:
        raise _NoObjectsError(f"{found.deep:,} of its {found.values:,} values are {TOO_DEEP}")
    if found.others:
        raise _NoObjectsError(
            f"{found.others:,} of its {found.values:,} values are no JSON objects"
        )
    if not isinstance(found.types, dict) or not found.types:
        raise SourceError(f"{name}: holds no object with a key", hint="take it out of `source`")
    return found.types


def _reason(error: Exception) -> str:
    return str(error).partition("\n")[0].partition(", ")[2].strip()


def _read_carefully(text: Path, name: str, part: Path, connection: Connection) -> Parsed:
    """Set the lines that are no objects aside, then read the others."""
    kept = part.with_name(f"{part.name}.objects")
    rejects = UnreadableRecords(name)
    try:
        if not keep_objects(text, kept, name, rejects, connection):
            number, reason, _ = rejects.all()[0]
            raise SourceError(
                f"{name}: no line is a JSON object; record {number}: {reason}",
                hint="write one object a line, or one array of objects",
            )
        parsed = _read(kept, "newline_delimited", name, part, connection)
        if len(rejects) > parsed.rows:
            number, reason, _ = rejects.all()[0]
            raise SourceError(
                f"{name}: {len(rejects):,} of its {parsed.rows + len(rejects):,} lines are no records; "
                f"record {number}: {reason}",
                hint="write one object a line, or one array of objects",
            )
    except _NoObjectsError as error:
        raise SourceError(f"{name}: {error}", hint="write one object a line") from None
    finally:
        kept.unlink(missing_ok=True)
    return replace(parsed, rejects=rejects.all())


def _unreadable(text: Path, name: str, what: str) -> SourceError:
    for number, line in numbered_lines(text):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            if len(line) <= MAX_RECORD:
                return undecodable(name, error, number)
    return SourceError(
        f"{name}: is no array of JSON objects: {what}",
        hint="mend the file, or write one object a line",
    )
