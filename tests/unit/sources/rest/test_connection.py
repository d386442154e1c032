from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal

import pytest

from medallion.sources.rest.client import RestClient
from medallion.sources.rest.connection import RestConnection
from medallion.sources.rest.record_spool import RecordSpool
from medallion.sources.rest.since import CursorValue, SinceParameter

SINCE = SinceParameter(cursor="n", param="since")


def test_records_are_requested_once() -> None:
    asked: list[CursorValue | None] = []

    def spool(source: str, begin: CursorValue | None) -> RecordSpool:
        def request() -> RecordSpool:
            asked.append(begin)
            return RecordSpool(SINCE, begin, [['{"n": 7}']])

        return connection.spool(source, begin, request)

    with ExitStack() as stack:
        connection = RestConnection(RestClient(None, 0), stack)
        first = spool("orders", Decimal(5))
        assert spool("orders", Decimal(6)) is first
        assert asked == [5]
        spool("orders", None)  # as a lost file needs
        spool("clients", Decimal(5))
        assert asked == [5, None, 5]
    with pytest.raises(ValueError, match="closed file"):
        next(first.lines(None))
