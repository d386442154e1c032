"""Records of corrections: what users wrote in place of rejected source records."""

from __future__ import annotations

import json
from collections.abc import Collection

from pydantic import Field

from medallion.records.base import Masked, Moment, Record
from medallion.records.column_type import TypeText

SHOWN = 80  # characters of a value, for people


class Correction(Record):
    """A user's fix of one rejected source record, which is read in place of the record.

    `source` is the table of source files that has the record, `sha256` the hash of the file's
    bytes, and `file` a name of the file. `table` is the table that rejected the record. `original`
    is the record as it was read, as a JSON object; of a record that could not be split into fields,
    it has the member `text`. `values` are the corrected columns: null, or text that is read as the
    column's type, JSON for nested types. `types` are those of columns without a value in the file.
    """

    id: str
    table: str
    source: str
    file: str
    sha256: str
    record: int
    original: str
    values: dict[str, str | None]
    types: dict[str, TypeText] = Field(default_factory=dict, exclude_if=lambda types: not types)

    @property
    def purged(self) -> bool:
        """Whether its content was removed: what it replaced, and by which values."""
        return not self.values

    def without_content(self) -> Correction:
        """What remains of it when its content is purged: which record it was of."""
        return self.model_copy(update={"original": "{}", "values": {}, "types": {}})

    @property
    def changes(self) -> str:
        """What was corrected, for people: `amount: abc → 3.50`."""
        if self.purged:
            return "(purged)"
        original = json.loads(self.original)
        return ", ".join(
            f"{name}: {_shown(original.get(name))} → {_shown(value)}"
            for name, value in self.values.items()
        )

    @property
    def entry(self) -> str:
        """The id of the entry that added it: corrections that were stored together."""
        return entry_of(self.id)

    @property
    def place(self) -> str:
        """Where the record is, for messages."""
        return f"record {self.record:,} of {self.file}"


def entry_of(correction: str) -> str:
    """The id of the entry that added the correction with this id."""
    return correction.rpartition("-")[0]


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


class CorrectionEntry(Record):
    """One change of a lake's corrections: those that were added, and the ids of those `revoked`.

    The content of those `purged` is removed from the entries that added them.
    `author` is the user of the operating system, or the visitor of a dashboard who has logged in.
    """

    id: str
    created: Moment
    author: Masked
    note: Masked = ""
    corrections: tuple[Correction, ...] = ()
    revoked: tuple[str, ...] = Field(default=(), exclude_if=lambda ids: not ids)
    purged: tuple[str, ...] = Field(default=(), exclude_if=lambda ids: not ids)

    def without_content(self, purged: Collection[str]) -> CorrectionEntry:
        """The entry without the content of purged corrections; nor its note, if all of them are."""
        corrections = tuple(
            each.without_content() if each.id in purged else each for each in self.corrections
        )
        emptied = corrections and all(each.purged for each in corrections)
        note = "" if emptied else self.note
        return self.model_copy(update={"corrections": corrections, "note": note})
