"""What the store says about kept releases is asked once, and again when it may be another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from medallion.errors import SinkError
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.served import items, publish
from medallion_api.cache import kept_releases
from medallion_api.cache.kept_releases import KeptReleases
from medallion_api.cache.release_reader import ReleaseReader


class _Asked(ReleaseReader):
    """Notes which releases the store is asked for, and fails for those that are `away`."""

    def __init__(self, sink: Sqlite) -> None:
        super().__init__(sink.store(), sink.label, 10)
        self.asked: list[str] = []
        self.away: set[str] = set()

    def keeps(self, ident: str) -> bool:
        self.asked.append(ident)
        if ident in self.away:
            raise SinkError("the database is away")
        return super().keeps(ident)


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[_Asked]:
    sink = Sqlite(url=f"sqlite:{tmp_path}/serving.db")
    for ident in ("one", "two"):
        publish(sink, ident, items(3))
    reading = _Asked(sink)
    yield reading
    reading.store.close()


def test_each_release_is_asked_for_once(asked: _Asked) -> None:
    kept = KeptReleases(asked)
    for _ in range(3):
        answers = kept.answers("two", ["two", "one", "gone"])
        assert answers == {"two": True, "one": True, "gone": False}
    assert asked.asked == ["two", "one", "gone"]


def test_another_active_release_and_time_end_an_answer(
    asked: _Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptReleases(asked)
    for active in ("one", "two", "two"):
        kept.answers(active, ["one"])
    assert asked.asked == ["one", "one"]
    monkeypatch.setattr(kept_releases, "VALID", -1.0)
    kept.answers("two", ["one"])
    assert asked.asked == ["one", "one", "one"]


def test_a_store_that_fails_is_asked_no_more_until_the_next_call(asked: _Asked) -> None:
    asked.away = {"one"}
    kept = KeptReleases(asked)
    assert kept.answers("two", ["two", "one", "gone"]) == {"two": True}
    assert asked.asked == ["two", "one"]
    asked.away = set()
    assert kept.answers("two", ["two", "one"]) == {"two": True, "one": True}
