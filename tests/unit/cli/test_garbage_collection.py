"""Garbage collection is rare while a command runs, and as before afterwards."""

from __future__ import annotations

import gc

import pytest

from medallion.cli.garbage_collection import OBJECTS, rarely_collected


def test_collection_is_rare_within_the_block_only() -> None:
    before = gc.get_threshold()
    with rarely_collected():
        assert gc.get_threshold() == (OBJECTS, *before[1:])
    assert gc.get_threshold() == before


def test_a_failure_ends_the_block_too() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="failed"), rarely_collected():
        raise ValueError("failed")
    assert gc.get_threshold() == before
