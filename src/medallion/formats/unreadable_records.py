"""The records of one file that could not be split into fields."""

from __future__ import annotations

from medallion.errors import SourceError

_RAW = 10_000  # characters of a broken record that are kept
_MEMORY = 256_000_000  # bytes; a file with more broken records than fit is not what was declared
_OVERHEAD = 200


class UnreadableRecords:
    """Collects (record number, reason, raw text), cut where the text is very long.

    Raises SourceError when there are so many that the file must be of another kind than declared.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._found: list[tuple[int, str, str]] = []
        self._size = 0

    def __len__(self) -> int:
        return len(self._found)

    def add(self, number: int, reason: str, raw: str) -> None:
        self._found.append((number, reason, raw[:_RAW]))
        self._size += min(len(raw), _RAW) + _OVERHEAD
        if self._size > _MEMORY:
            raise SourceError(
                f"{self.name}: {len(self):,} of the first {number:,} records are broken; the last: {reason}",
                hint="check that the declared `format` is what the file is",
            )

    def all(self) -> tuple[tuple[int, str, str], ...]:
        return tuple(self._found)
