"""Reading NDJSON one line at a time: slow, but it knows which lines are no objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.formats.lines import MAX_RECORD, TOO_LONG, numbered_lines
from medallion.formats.rejects import Rejects
from medallion.formats.source import undecodable
from medallion.storage.local import told

if TYPE_CHECKING:
    from medallion.contracts import Connection

_BATCH = 4_000_000  # characters


def keep_objects(text: Path, kept: Path, name: str, rejects: Rejects, connection: Connection) -> int:
    """Copy the lines that are objects, in order, and set the others aside: how many were kept.

    DuckDB says what an object is, so that what is kept can be read by it. Blank lines are no records.
    """
    number = count = 0
    with told(kept), kept.open("w", encoding="utf-8", newline="\n") as out:
        for lines in _batches(text, name):
            query = "select try(json_type(line)) from (select unnest(?) as line)"
            kinds = [kind for (kind,) in connection.execute(query, [lines]).fetchall()]
            for line, kind in zip(lines, kinds, strict=True):
                number += 1
                if len(line) > MAX_RECORD:
                    rejects.add(number, TOO_LONG, line)
                elif kind == "OBJECT":
                    out.write(f"{line}\n")
                    count += 1
                else:
                    rejects.add(number, _fault(line, kind), line)
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


def _fault(line: str, kind: str | None) -> str:
    if kind is not None:
        return f"{kind.lower()} where an object is expected"
    try:
        json.loads(line)
    except ValueError as error:
        return f"no JSON: {error}"
    return "no JSON"
