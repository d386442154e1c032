"""Records of an API that were requested once, in a temporary file from which parts are taken."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator

from medallion.sources.rest.since import CursorValue, SinceParameter, is_smaller, is_unasked

BATCH = 1000  # records


class RecordSpool:
    """The records that were asked for from `begin`, or all of them.

    Close it to remove its file, which has no name: a kill leaves none. Raises ValueError for
    records that cannot have been asked for, and for values that cannot be a cursor.
    """

    def __init__(
        self, since: SinceParameter, begin: CursorValue | None, pages: Iterable[list[str]]
    ) -> None:
        self.begin = begin
        self.largest: CursorValue | None = None
        self._since = since
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115
        try:
            for page in pages:
                self._add(page)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def has(self, begin: CursorValue | None) -> bool:
        """Whether all records from a value on were asked for."""
        return self.begin is None or (begin is not None and not is_smaller(begin, self.begin))

    def lines(self, begin: CursorValue | None, end: CursorValue | None = None) -> Iterator[bytes]:
        """The records from `begin` to before `end`, each on a line.

        Those without a value are among them, if they are new.
        """
        self._file.seek(0)
        batch: list[str] = []
        for line in self._file:
            if self._is_between(line, begin, end):
                batch.append(line)
            if len(batch) == BATCH:
                yield "".join(batch).encode()
                batch.clear()
        yield "".join(batch).encode()

    def _is_between(self, line: str, begin: CursorValue | None, end: CursorValue | None) -> bool:
        value = self._since.value(line)
        if value is None:  # of a pull of all records, the first file has those without a value
            return begin is None or self.begin is not None
        starts = begin is None or not is_smaller(value, begin)
        return starts and (end is None or is_smaller(value, end))

    def _add(self, page: list[str]) -> None:
        for record in page:
            value = self._since.value(record)
            if value is None:
                continue
            if self.begin is not None and is_unasked(value, self.begin):
                raise ValueError(
                    f"has the value {value}, although records were requested from {self.begin}: "
                    "the API may not know the parameter"
                )
            if self.largest is None or is_smaller(self.largest, value):
                self.largest = value
        self._file.writelines(f"{record}\n" for record in page)
