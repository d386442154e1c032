"""Work on the lake: one at a time, interrupted after its time."""

from __future__ import annotations

import duckdb
import falcon
import pytest

from medallion.errors import OvertimeError
from medallion_api.resources.lake_work import LakeWork

ENDLESS = "select count(*) from range(1000000000000) where hash(range) = 1"


def test_work_is_refused_while_there_is_other_work() -> None:
    work = LakeWork(60)
    with work.begin():
        with pytest.raises(falcon.HTTPServiceUnavailable) as caught, work.begin():
            pass
        assert caught.value.headers == {"Retry-After": "5"}
    with work.begin():
        pass


def test_a_query_is_interrupted_after_its_time_and_the_next_work_is_admitted() -> None:
    work = LakeWork(0.5)
    with (
        duckdb.connect() as connection,
        pytest.raises(OvertimeError, match=r"timed out after 0\.5 s") as caught,
        work.begin() as limit,
        limit.on(connection),
    ):
        connection.execute(ENDLESS)
    assert isinstance(caught.value.__cause__, duckdb.InterruptException)
    with work.begin():
        pass


def test_nothing_begins_after_the_time() -> None:
    with (
        pytest.raises(OvertimeError),
        LakeWork(1e-9).begin() as limit,
        duckdb.connect() as connection,
        limit.on(connection),
    ):
        pytest.fail("the block was entered")


def test_other_errors_are_raised_as_they_are() -> None:
    work = LakeWork(60)
    with pytest.raises(ZeroDivisionError), work.begin():
        raise ZeroDivisionError
    with work.begin():
        pass
