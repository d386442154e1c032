"""The suite of owners passes a sink that is right, and finds one that lets another lake write."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from medallion.contracts import Sink
from medallion.records import Owner
from medallion.sinks.sqlite import sink as sqlite
from medallion.testing.owners import ANOTHER, LATER, MINE, OwnerContract

SUITE = OwnerContract()
CHECKS: list[Callable[[Sink], None]] = [
    SUITE.test_an_empty_database_has_no_owner,
    SUITE.test_activate_records_the_owner,
    SUITE.test_another_lake_is_refused_naming_both,
    SUITE.test_an_older_writer_is_refused,
    SUITE.test_an_older_writer_does_not_prune_what_a_newer_one_loads,
    SUITE.test_a_database_can_be_taken_over,
    SUITE.test_a_database_can_be_taken_over_before_anything_is_published,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sink_that_is_right_passes(
    sink: Sink, found: Callable[..., bool], check: Callable[[Sink], None]
) -> None:
    assert not found(lambda: check(sink))


@pytest.mark.parametrize("check", CHECKS[2:4], ids=lambda check: check.__name__)
def test_a_sink_that_checks_no_writer_is_found(
    sink: Sink,
    found: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    check: Callable[[Sink], None],
) -> None:
    monkeypatch.setattr(sqlite, "check_writer", lambda *_: None)
    assert found(lambda: check(sink))


@pytest.mark.parametrize("check", [CHECKS[1], *CHECKS[5:]], ids=lambda check: check.__name__)
def test_a_sink_that_records_no_owner_is_found(
    sink: Sink,
    found: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    check: Callable[[Sink], None],
) -> None:
    monkeypatch.setattr(sqlite, "write_owner", lambda *_: None)
    assert found(lambda: check(sink))


def test_the_owners_differ_as_the_suite_needs() -> None:
    assert (MINE.lake, MINE.pipeline) == (LATER.lake, LATER.pipeline)
    assert MINE.token < LATER.token < ANOTHER.token
    assert isinstance(ANOTHER, Owner)
    assert (ANOTHER.lake, ANOTHER.pipeline) != (MINE.lake, MINE.pipeline)
