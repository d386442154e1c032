from __future__ import annotations

from decimal import Decimal

import pytest

from medallion.sources.rest.record_spool import BATCH, RecordSpool
from medallion.sources.rest.since import CursorValue, SinceParameter

SINCE = SinceParameter(cursor="n", param="since")


def spooled(begin: CursorValue | None, *values: object) -> RecordSpool:
    records = [f'{{"n": {value}}}' for value in values]
    return RecordSpool(SINCE, begin, [records[:2], records[2:]])


def numbers(
    spool: RecordSpool, begin: CursorValue | None, end: CursorValue | None = None
) -> list[str]:
    text = b"".join(spool.lines(begin, end)).decode()
    return [line.removeprefix('{"n": ').removesuffix("}") for line in text.splitlines()]


def test_parts_are_taken_from_all_records() -> None:
    spool = spooled(None, 3, 9, "null", 7)
    assert spool.largest == Decimal(9)
    assert numbers(spool, None) == ["3", "9", "null", "7"]
    assert numbers(spool, Decimal(7)) == ["9", "7"]
    assert numbers(spool, None, Decimal(7)) == ["3", "null"]
    assert numbers(spool, Decimal(3), Decimal(9)) == ["3", "7"]
    assert spool.has(None)
    assert spool.has(Decimal(1))
    spool.close()


def test_parts_are_taken_from_new_records() -> None:
    spool = spooled(Decimal(5), 4, 9, "null", 7)
    assert numbers(spool, Decimal(5)) == ["9", "null", "7"]
    assert not spool.has(None)
    assert not spool.has(Decimal(4))
    assert spool.has(Decimal(5))
    spool.close()


def test_many_records_are_taken_in_batches() -> None:
    spool = spooled(None, *range(BATCH + 1))
    assert [chunk.count(b"\n") for chunk in spool.lines(None)] == [BATCH, 1]
    spool.close()


def test_records_that_were_not_asked_for_are_an_error() -> None:
    with pytest.raises(ValueError, match="the API may not know the parameter"):
        spooled(Decimal(5), 1)
    with pytest.raises(ValueError, match="different types"):
        spooled(None, 1, '"a"')
