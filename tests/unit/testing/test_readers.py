"""The suite of readers passes a sink that is right, and finds one that mixes rows of two releases."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from medallion.contracts import Page, Query, Sink
from medallion.testing.readers import ReaderContract, publish_pair

SUITE = ReaderContract()
CHECKS: list[Callable[[Sink], None]] = [
    SUITE.test_a_cursor_stays_on_its_release,
    SUITE.test_a_scan_stays_on_its_release,
    SUITE.test_readers_in_threads_see_one_release_at_a_time,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sink_that_is_right_passes(sink: Sink, check: Callable[[Sink], None]) -> None:
    check(sink)


def test_the_tables_of_a_pair_belong_together(sink: Sink) -> None:
    for number in (0, 3):
        publish_pair(sink, number)
        with closing(sink.store()) as store:
            assert [store.count(table, Query()) for table in ("numbers", "others")] == [
                100 + number
            ] * 2
            assert store.release().id == f"pair-{number}"


@pytest.mark.parametrize("check", [CHECKS[0], CHECKS[2]], ids=lambda check: check.__name__)
def test_rows_of_another_release_are_found(
    sink: Sink,
    fault: Callable[..., None],
    found: Callable[..., bool],
    check: Callable[[Sink], None],
) -> None:
    def of_another(page: Page) -> Page:
        return replace(page, rows=page.rows[1:])

    fault("read_page", of_another)
    assert found(lambda: check(sink))


def test_a_scan_that_ends_early_is_found(
    sink: Sink, fault: Callable[..., None], found: Callable[..., bool]
) -> None:
    fault("read_batches", lambda batches: iter([next(batches)]))
    assert found(lambda: SUITE.test_a_scan_stays_on_its_release(sink))
