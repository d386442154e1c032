"""The JSON format: one object per line, objects over several lines, or an array of objects."""

from __future__ import annotations

import codecs
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator

from medallion.contracts import Format, Parsed
from medallion.errors import SourceError
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
from medallion.formats.json_objects import NoObjectsError, read_objects
from medallion.formats.nested_columns import flatten
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

if TYPE_CHECKING:
    from medallion.contracts import Connection

LINES = endings(".ndjson", ".jsonl")  # suffixes of files in which each line is a record


class Json(Format):
    """A JSON file: an object per line (NDJSON), objects over several lines, or an array of objects.

    Keys become columns. Values keep their JSON types: integers are int64 (decimal beyond 64 bits),
    other numbers float64, strings text (dates too: cast them), objects and lists nested. A key
    with values of several types, or with numbers that a float64 would change (1e400 or
    0.1234567890123456789), becomes text with every digit. Values that nest deeper than 32 levels,
    or 10 lists, become JSON text. Files may be compressed (`.gz`, `.zst`, `.bz2`). In NDJSON, a
    line that is not an object, has a duplicate key, or nests more than 126 levels, is quarantined
    with its number.

    The run fails if most lines are not objects. It also fails for a file with a single object that
    is a whole table by columns or by keys, as `df.to_json(path)` writes it: write one object per
    record.

    - `records`: the path of the list of records within an envelope: `data`, or `result.items`.
      `.` means that the only object of a file is a single record, whatever it contains.
    - `flatten`: true makes a column of each field of a nested object: `address_city` of the object
      `address`. Lists remain.
    - `encoding`: the file's text encoding. A byte order mark is ignored.

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
    flatten: bool = False
    encoding: str = "utf-8"

    _known_encoding = field_validator("encoding")(check_encoding)

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        with (
            plain_text(source, name, self._decoder(source, name), target) as text,
            whole(target) as part,
        ):
            parsed = self._read(text, name, part, connection)
            return flatten(parsed, name, part, connection) if self.flatten else parsed

    def _read(self, text: Path, name: str, part: Path, connection: Connection) -> Parsed:
        if self.records not in (None, WHOLE):
            return _read_layout(text, name, self.records or "", part, connection)
        if begins_array(text):
            try:
                _check_ends(text)
                return read_objects(text, "array", name, part, connection)
            except NoObjectsError as error:
                raise _unreadable(text, name, str(error)) from None
        layout = None if self.records else columnar(lone_object(text))
        if layout and not name.lower().endswith(LINES):
            raise columnar_error(name, layout)
        try:
            parsed = read_objects(text, "newline_delimited", name, part, connection)
            return parsed if self.records else _with_layout_warning(parsed, layout)
        except NoObjectsError:
            if begins_over_lines(text):
                with suppress(LayoutError):
                    return _read_layout(text, name, self.records, part, connection)
            return _read_carefully(text, name, part, connection)

    def _decoder(self, source: Path, name: str) -> str:
        """The encoding to read a file with: UTF-8 without a bracket at its start may have a BOM."""
        begins_as_json = check_readable(source, name).lstrip()[:1] in (b"{", b"[")
        utf8 = codecs.lookup(self.encoding).name == "utf-8"
        return "utf-8-sig" if utf8 and not begins_as_json else self.encoding


def _with_layout_warning(parsed: Parsed, layout: str | None) -> Parsed:
    """Warn of a single object that has a list of objects, or that looks like a whole table."""
    if layout and parsed.rows == 1:
        warning = f"its only line is {layout}; declare `records: .` if it is a record"
        return replace(parsed, warnings=(*parsed.warnings, warning))
    lists = [column.name for column in parsed.columns if column.type.startswith("list<struct<")]
    if parsed.rows != 1 or not lists:
        return parsed
    warning = (
        f"is one object with a list of objects in {lists[0]!r}; declare "
        f"`format: {{json: {{records: {lists[0]}}}}}` for a row per item, or `records: .` if the "
        f"object is a record"
    )
    return replace(parsed, warnings=(*parsed.warnings, warning))


def _read_layout(
    text: Path, name: str, path: str | None, part: Path, connection: Connection
) -> Parsed:
    """Read records that are not on a line each; `path` leads to them.

    Raises SourceError for a file without such records, or LayoutError if `path` is None.
    """
    lines = part.with_name(f"{part.name}.lines")
    try:
        if not write_lines(text, name, path or WHOLE, lines):
            hint = "remove the file from `source`"
            raise SourceError(f"{name}: {path!r} has no records", hint=hint)
        value = lone_object(lines) if path is None else None
        if layout := columnar(value):
            raise columnar_error(name, layout)
        if records := path_to_list(value):
            raise SourceError(
                f"{name}: is one object over several lines, with a list of objects in {records!r}",
                hint=f"declare `format: {{json: {{records: {records}}}}}` for a row per item, or "
                f"`records: .` if the object is a record",
                settings={"records": records},
            )
        try:
            return read_objects(lines, "newline_delimited", name, part, connection)
        except NoObjectsError:
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
    """Refuse an array that is cut short after a comma, which DuckDB would read without an error."""
    with text.open("rb") as file:
        file.seek(max(0, text.stat().st_size - 4096))
        if not file.read().rstrip().endswith(b"]"):
            raise NoObjectsError("it is cut short: it does not end with ']'")


def _read_carefully(text: Path, name: str, part: Path, connection: Connection) -> Parsed:
    """Reject the lines that are not objects, and read the others.

    Raises SourceError if most lines are rejected.
    """
    objects = part.with_name(f"{part.name}.objects")
    rejects = UnreadableRecords(name)
    hint = "write one object per line, or one array of objects"
    try:
        if not keep_objects(text, objects, name, rejects, connection):
            number, reason, _ = rejects.all()[0]
            fault = f"{name}: no line is a JSON object; record {number}: {reason}"
            raise SourceError(fault, hint=hint)
        parsed = read_objects(objects, "newline_delimited", name, part, connection)
        if len(rejects) > parsed.rows:
            number, reason, _ = rejects.all()[0]
            total = parsed.rows + len(rejects)
            raise SourceError(
                f"{name}: {len(rejects):,} of its {total:,} lines are not records; "
                f"record {number}: {reason}",
                hint=hint,
            )
    except NoObjectsError as error:
        raise SourceError(f"{name}: {error}", hint="write one object per line") from None
    finally:
        objects.unlink(missing_ok=True)
    return replace(parsed, rejects=rejects.all())


def _unreadable(text: Path, name: str, reason: str) -> SourceError:
    """The error for an array that cannot be read: its undecodable bytes if any, else `reason`."""
    for number, line in numbered_lines(text):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            if len(line) <= MAX_RECORD:
                return undecodable(name, error, number)
    return SourceError(
        f"{name}: is not an array of JSON objects: {reason}",
        hint="fix the file, or write one object per line",
    )
