"""Hostile inputs, small and made here, each with its right outcome; `tests/integration/test_hostile.py` runs them all.

Add one whenever a file in use was read wrong. No outcome may be "published, exit 0, wrong": it is the value itself, a
quarantined record with its reason, or an error that names the file and says what to declare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """One source file, how it is declared, and what must come of it.

    `rows` are those of a table with `steps` on the file's records; `rejects` are (record, part of the reason) of what
    was quarantined on the way. `error` is part of the message when the run must fail instead, which also names the file
    and what to do. `warning` is part of what the run must warn of.
    """

    name: str
    file: str
    content: bytes
    columns: tuple[str, ...] = ()
    rows: Sequence[tuple[Any, ...]] = ()
    rejects: Sequence[tuple[int, str]] = ()
    error: str = ""
    warning: str = ""
    format: Any = None
    steps: Sequence[Any] = ()


def csv(name: str, content: str | bytes, *, file: str = "in.csv", **outcome: Any) -> Case:
    """A CSV file; keywords that are no part of an outcome are options of the format, `columns_` its `columns`."""
    known = Case.__dataclass_fields__
    options = {key.rstrip("_"): outcome.pop(key) for key in [*outcome] if key not in known}
    data = content.encode() if isinstance(content, str) else content
    return Case(f"csv: {name}", file, data, format={"csv": options} if options else None, **outcome)


def values(kind: Any, name: str, good: dict[str, Any], bad: Sequence[str] = ()) -> Case:
    """A column of texts that are cast: `good` ones with their values, `bad` ones that must be quarantined."""
    texts = [*good, *bad]
    lines = "".join(
        f'{number},"{text.replace(chr(34), chr(34) * 2)}"\n' for number, text in enumerate(texts, 1)
    )
    return Case(
        f"values: {name}",
        "in.csv",
        f"n,v\n{lines}".encode(),
        rows=[(str(number), value) for number, value in enumerate(good.values(), 1)],
        rejects=[(number, "cast v") for number in range(len(good) + 1, len(texts) + 1)],
        steps=[{"cast": {"v": kind}}],
    )


def json(name: str, content: str | bytes, *, file: str = "in.ndjson", **outcome: Any) -> Case:
    """A JSON file."""
    records = outcome.pop("records", None)
    data = content.encode() if isinstance(content, str) else content
    return Case(
        f"json: {name}",
        file,
        data,
        format={"json": {"records": records}} if records else None,
        **outcome,
    )
