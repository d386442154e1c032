"""Hands the instants that each test tried to the summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests import instants

pytest.register_assert_rewrite("tests.integration.served_project")


@pytest.fixture(autouse=True)
def _instants(record_property: Callable[[str, object], None]) -> Iterator[None]:
    before = instants.tried.copy()
    yield
    record_property(instants.PROPERTY, dict(instants.tried - before))
