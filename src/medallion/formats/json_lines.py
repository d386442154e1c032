"""Reading NDJSON line by line: slow, but it finds which lines are not objects, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.formats.json_structure import TOO_DEEP, too_deep
from medallion.formats.text_file import undecodable
from medallion.formats.text_lines import MAX_RECORD, TOO_LONG, numbered_lines
from medallion.formats.unreadable_records import UnreadableRecords
from medallion.storage.local import storage_errors

if TYPE_CHECKING:
    from medallion.contracts import Connection

_BATCH = 4_000_000  # characters

# Of each line: the JSON type, whether it nests too deeply, and its first duplicate key.
_LINE_FACTS = f"""
    select kind, {too_deep("line")},
        list_filter(keys, lambda key: len(list_filter(keys, lambda other: other = key)) > 1)[1]
    from (select line, kind, case when kind = 'OBJECT' then json_keys(line) end as keys
        from (select line, try(json_type(line)) as kind from (select unnest(?) as line)))"""
_NAMES = {"ARRAY": "array", "VARCHAR": "text", "BOOLEAN": "true or false", "NULL": "null"}


def keep_objects(
    text: Path, target: Path, name: str, rejects: UnreadableRecords, connection: Connection
) -> int:
    """Copy the lines that are objects to `target` and reject the others; the number copied.

    DuckDB decides what an object is, so that it can read all lines of the copy. Blank lines are
    ignored.
    """
    number, count = 0, 0
    with storage_errors(target), target.open("w", encoding="utf-8", newline="\n") as out:
        for lines in _batches(text, name):
            facts = connection.execute(_LINE_FACTS, [lines]).fetchall()
            for line, (kind, deep, duplicate) in zip(lines, facts, strict=True):
                number += 1
                reason = _reason(line, kind, duplicate, deep=deep)
                if reason:
                    rejects.add(number, reason, line)
                else:
                    out.write(f"{line}\n")
                    count += 1
    return count


def _reason(line: str, kind: str | None, duplicate: str | None, *, deep: bool) -> str:
    """Why a line is rejected; empty for an object that is accepted."""
    if len(line) > MAX_RECORD:
        return TOO_LONG
    if deep:
        return TOO_DEEP
    if kind == "OBJECT" and duplicate is None:
        return _not_strict(line)
    return _fault(line, kind, duplicate)


def _batches(text: Path, name: str) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for number, data in numbered_lines(text):
        try:
            line = data.decode(errors="replace" if len(data) > MAX_RECORD else "strict").strip()
        except UnicodeDecodeError as error:
            raise undecodable(name, error, number) from None
        if line:
            batch.append(line)
            size += len(line)
        if size > _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _not_strict(line: str) -> str:
    """Why an object that DuckDB accepts is invalid, or would fail later; empty if it is valid."""
    try:
        json.loads(
            line,
            object_pairs_hook=_check_keys,
            parse_constant=_refuse,
            parse_int=str,
            parse_float=str,
        )
    except ValueError as error:
        return str(error.args[0]) if error.args[1:] else f"invalid JSON: {error}"
    return ""


def _check_keys(pairs: list[tuple[str, object]]) -> None:
    """Refuse duplicate keys; the second argument marks the error as this module's own."""
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        duplicate = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"duplicate key {duplicate!r}", duplicate)


def _refuse(constant: str) -> None:
    raise ValueError(f"invalid JSON: {constant} is not a valid number", constant)


def _fault(line: str, kind: str | None, duplicate: str | None) -> str:
    """Why a line that DuckDB does not accept as an object is rejected."""
    if duplicate is not None:
        return f"duplicate key {duplicate!r}"
    if kind is not None:
        return f"{_NAMES.get(kind, 'number')} where an object is expected"
    try:
        json.loads(line)
    except ValueError as error:
        return f"invalid JSON: {error}"
    return "invalid JSON"
