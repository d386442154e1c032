from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import dlt
import pytest

from medallion.errors import SourceError
from medallion.sources.dlt.extraction import CHUNK, Extractions


def test_a_state_keeps_its_types() -> None:
    moment, price = datetime(2024, 1, 2, 3, tzinfo=UTC), Decimal("1.10")

    @dlt.resource
    def rows():  # type: ignore[no-untyped-def]
        state = dlt.current.resource_state()
        yield {"known": str(state.get("seen"))}
        state["seen"] = [moment, price]

    with Extractions("dlt rows") as extractions:
        first = extractions.of(rows.with_name("rows"), {})
        second = extractions.of(rows.with_name("rows"), first.state)
        assert first.state == second.state
        assert b"".join(first.chunks()) == b'{"known": "None"}\n'
        assert b"2024" in b"".join(second.chunks())
        assert b"Decimal('1.10')" in b"".join(second.chunks())
        assert extractions.of(rows, first.state) is second
        assert extractions.by_token(second.token) is second
        assert extractions.by_token("") is None


def test_many_records_are_read_in_chunks() -> None:
    rows = dlt.resource(({"text": "x" * 1000} for _ in range(2000)), name="rows")
    with Extractions("dlt rows") as extractions:
        chunks = list(extractions.of(rows, {}).chunks())
    assert [len(chunk) for chunk in chunks[:-1]] == [CHUNK]
    assert sum(map(len, chunks)) == 2000 * len('{"text": ""}\n') + 2_000_000


def test_what_failed_is_extracted_again() -> None:
    faults = [ValueError("once")]

    def rows():  # type: ignore[no-untyped-def]
        yield {"id": 1}
        if faults:
            raise faults.pop()

    with Extractions("dlt rows") as extractions:
        with pytest.raises(SourceError, match="once"):
            extractions.of(dlt.resource(rows, name="rows"), {})
        assert extractions.of(dlt.resource(rows, name="rows"), {}).size == len('{"id": 1}\n')


def test_a_probe_takes_the_first_record_only() -> None:
    def rows():  # type: ignore[no-untyped-def]
        yield [{"id": 1}, {"id": 2}]
        raise ValueError("asked for more")

    with Extractions("dlt rows") as extractions:
        extractions.probe(dlt.resource(rows, name="rows"))
        extractions.probe(dlt.resource([], name="none"))
        with pytest.raises(SourceError, match="asked for more"):
            extractions.of(dlt.resource(rows, name="rows"), {})
