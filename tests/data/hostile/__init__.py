"""Small hostile inputs with their expected outcomes; `tests/integration/test_hostile.py` runs them.

Add one for every file that was read incorrectly. An outcome is the value itself, a quarantined
record with its reason, or an error that names the file and says what to declare; never a published
wrong value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """A source file, its declaration, and the expected outcome.

    `rows` are those of a table with `steps` on the file's records; `rejects` are (record, part of
    the reason) of its quarantined records. `error` is part of the message if the run must fail; it
    also names the file and what to do. `warning` is part of a warning of the run.
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
    """A CSV file. Keywords that are not fields of Case are options of the format."""
    known = Case.__dataclass_fields__
    options = {key.rstrip("_"): outcome.pop(key) for key in [*outcome] if key not in known}
    data = content.encode() if isinstance(content, str) else content
    return Case(f"csv: {name}", file, data, format={"csv": options} if options else None, **outcome)


def values(kind: Any, name: str, good: dict[str, Any], bad: Sequence[str] = ()) -> Case:
    """A column of texts that are cast: `good` ones with their values, `bad` ones are rejected."""
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
