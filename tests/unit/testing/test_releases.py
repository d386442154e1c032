"""The suite of releases passes a sink that is right, and finds one that mixes releases up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from medallion.contracts import Sink
from medallion.records import Release
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.releases import ReleaseContract

SUITE = ReleaseContract()
CHECKS: list[Callable[[Sink], None]] = [
    SUITE.test_activate_and_active,
    SUITE.test_a_release_whose_tables_are_not_loaded_is_refused,
    SUITE.test_rolling_back_needs_no_load,
    SUITE.test_a_table_that_is_no_longer_served_is_unknown,
    SUITE.test_prune_removes_what_no_kept_release_serves,
    SUITE.test_prune_spares_the_active_release_and_shared_tables,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sink_that_is_right_passes(sink: Sink, check: Callable[[Sink], None]) -> None:
    check(sink)


ACTIVATE, PRUNE = Sqlite.activate, Sqlite.prune


def keep_first(sink: Sqlite, release: Release) -> None:
    """Activates a release only when none is active."""
    if sink.active() is None:
        ACTIVATE(sink, release)


@pytest.mark.parametrize(
    ("method", "instead", "finders"),
    [
        ("activate", keep_first, [0, 2, 3]),
        ("prune", lambda *_: 0, [4]),
        ("prune", lambda sink, keep: PRUNE(sink, keep[1:]), [4]),
    ],
)
def test_a_sink_that_is_wrong_is_found(
    sink: Sink,
    found: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    instead: Any,
    finders: list[int],
) -> None:
    monkeypatch.setattr(Sqlite, method, instead)
    for number in finders:
        assert found(lambda check=CHECKS[number]: check(sink)), CHECKS[number].__name__
