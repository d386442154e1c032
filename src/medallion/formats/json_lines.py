"""Reading NDJSON one line at a time: slow, but it knows which lines are no objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.formats.json_structure import TOO_DEEP, too_deep
from medallion.formats.text_file import undecodable
from medallion.formats.text_lines import MAX_RECORD, TOO_LONG, numbered_lines
from medallion.formats.unreadable_records import UnreadableRecords
from medallion.storage.local import told

if TYPE_CHECKING:
    from medallion.contracts import Connection

_BATCH = 4_000_000  # characters

# Of each line: what it is, whether it is nested too deeply, and which of its keys stands twice.
_JUDGED = f"""
    select kind, {too_deep("line")},
        list_filter(keys, lambda key: len(list_filter(keys, lambda other: other = key)) > 1)[1]
    from (select line, kind, case when kind = 'OBJECT' then json_keys(line) end as keys
        from (select line, try(json_type(line)) as kind from (select unnest(?) as line)))"""
_NAMES = {"ARRAY": "array", "VARCHAR": "text", "BOOLEAN": "true or false", "NULL": "null"}


def keep_objects(
    text: Path, kept: Path, name: str, rejects: UnreadableRecords, connection: Connection
) -> int:
    """Copy the lines that are objects, in order, and set the others aside: how many were kept.

    DuckDB says what an object is, so that what is kept can be read by it. Blank lines are no records.
    """
    number, count, fault = 0, 0, ""
    with told(kept), kept.open("w", encoding="utf-8", newline="\n") as out:
        for lines in _batches(text, name):
            found = connection.execute(_JUDGED, [lines]).fetchall()
            for line, (kind, deep, twice) in zip(lines, found, strict=True):
                number += 1
                if len(line) > MAX_RECORD:
                    rejects.add(number, TOO_LONG, line)
                elif (
                    kind == "OBJECT"
                    and not deep
                    and twice is None
                    and not (fault := _not_strict(line))
                ):
                    out.write(f"{line}\n")
                    count += 1
                else:
                    reason = fault or _fault(line, kind, twice)
                    rejects.add(number, TOO_DEEP if deep else reason, line)
                    fault = ""
    return count


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
    """What DuckDB lets pass in an object although JSON has it not, or what it would fail at later; else nothing."""
    try:
        json.loads(
            line,
            object_pairs_hook=_check_keys,
            parse_constant=_refuse,
            parse_int=str,
            parse_float=str,
        )
    except ValueError as error:
        return str(error.args[0]) if error.args[1:] else f"no JSON: {error}"
    return ""


def _check_keys(pairs: list[tuple[str, object]]) -> None:
    keys = [key for key, _ in pairs]
    twice = (
        next((key for key in keys if keys.count(key) > 1), None)
        if len(set(keys)) < len(keys)
        else None
    )
    if twice is not None:
        raise ValueError(f"the key {twice!r} stands twice", twice)


def _refuse(constant: str) -> None:
    raise ValueError(f"no JSON: {constant} is no number", constant)


def _fault(line: str, kind: str | None, twice: str | None) -> str:
    if twice is not None:
        return f"the key {twice!r} stands twice"
    if kind is not None:
        return f"{_NAMES.get(kind, 'number')} where an object is expected"
    try:
        json.loads(line)
    except ValueError as error:
        return f"no JSON: {error}"
    return "no JSON"
