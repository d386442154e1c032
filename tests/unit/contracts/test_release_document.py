"""A release as a sink stores it: read back, also as earlier versions wrote it, or refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from medallion.contracts import read_release
from medallion.records import Column, Release, Snapshot

MOMENT = datetime(2024, 1, 1, tzinfo=UTC)
RELEASE = Release(
    id="r",
    pipeline="shop",
    run="run",
    created=MOMENT,
    previous=None,
    layers={},
    tables={
        "gold.t": Snapshot(
            table="gold.t",
            id="s",
            fingerprint="f",
            run="run",
            created=MOMENT,
            columns=(Column(name="total", type="decimal(12,2)"),),
            rows=1,
            bytes=10,
        )
    },
)
DOCUMENT = RELEASE.model_dump_json()


def test_what_was_written_is_read() -> None:
    assert read_release(DOCUMENT) == RELEASE


def test_types_as_earlier_versions_wrote_them() -> None:
    assert read_release(DOCUMENT.replace("decimal(12,2)", "DECIMAL(12,2)")) == RELEASE


@pytest.mark.parametrize("document", ["", "{", "\x00", b"\xff\xfe", "[1]", '{"id": "r"}'])
def test_other_documents(document: str | bytes) -> None:
    with pytest.raises(ValidationError):
        read_release(document)


@given(st.integers(0, len(DOCUMENT) - 1), st.integers(0, 6))
def test_a_flipped_bit_is_refused_or_reads_as_a_release(place: int, bit: int) -> None:
    damaged = bytearray(DOCUMENT.encode())
    damaged[place] ^= 1 << bit
    try:
        release = read_release(bytes(damaged))
    except ValidationError:
        return
    assert isinstance(release, Release)
