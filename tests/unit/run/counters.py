"""A source that counts, for tests of what a run does with sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from pydantic import PrivateAttr

from medallion.contracts import DataSource, SourceItem


class Counter(DataSource):
    """Gives `size` numbers, and writes to a log what it is asked for. `faults` are raised first."""

    name: ClassVar[str] = "counter"
    pulled_format: ClassVar[str] = "json"

    place: str
    size: int = 2
    _log: list[str] = PrivateAttr()
    _faults: list[Exception] = PrivateAttr()

    def __init__(self, place: str, log: list[str], faults: Sequence[Exception] = (), **fields: Any):
        super().__init__(place=place, **fields)
        self._log, self._faults = log, list(faults)

    @property
    def label(self) -> str:
        return f"counter {self.place}"

    @property
    def database(self) -> str:
        return self.place

    @contextmanager
    def connect(self) -> Iterator[object]:
        self._log.append(f"open {self.place}")
        yield object()
        self._log.append(f"close {self.place}")

    def look(
        self, connection: Any, former: Sequence[SourceItem], *, full: bool = False
    ) -> list[SourceItem]:
        return [SourceItem(self.label, cursor=self.size)]

    def pull(self, connection: Any, item: SourceItem) -> Iterator[bytes]:
        self._log.append(f"pull {item.name}")
        try:
            for number in range(self.size):
                yield b'{"n": %d}\n' % number
                if self._faults:
                    raise self._faults.pop(0)
        except GeneratorExit:
            self._log.append("stopped")
            raise
