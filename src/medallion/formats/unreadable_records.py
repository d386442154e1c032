"""The records of one file that cannot be parsed."""

from __future__ import annotations

from medallion.errors import SourceError

_RAW = 10_000  # characters of the raw text that are kept
_MEMORY = 256_000_000  # bytes; a file with more unreadable records has another format
_OVERHEAD = 200  # bytes that a record takes in addition to its text


class UnreadableRecords:
    """Collects records as (record number, reason, raw text); very long texts are truncated."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._records: list[tuple[int, str, str]] = []
        self._size = 0

    def __len__(self) -> int:
        return len(self._records)

    def add(self, number: int, reason: str, raw: str) -> None:
        """Add a record. Raises SourceError if there are too many for the declared format."""
        self._records.append((number, reason, raw[:_RAW]))
        self._size += min(len(raw), _RAW) + _OVERHEAD
        if self._size > _MEMORY:
            raise SourceError(
                f"{self.name}: {len(self):,} of the first {number:,} records cannot be parsed; "
                f"the last: {reason}",
                hint="check that the file has the declared `format`",
            )

    def all(self) -> tuple[tuple[int, str, str], ...]:
        """All records, in the order of the file."""
        return tuple(self._records)
