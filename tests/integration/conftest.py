"""A Prefect server, an empty lake on disk or S3, and the instants of each test for the summary."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import instants
from tests.buckets import empty_bucket, make_bucket, options
from tests.prefect_server import prefect_server
from tests.services import Service, Unavailable

pytest.register_assert_rewrite("tests.integration.served_project")


@pytest.fixture(autouse=True)
def _instants(record_property: Callable[[str, object], None]) -> Iterator[None]:
    before = instants.tried.copy()
    yield
    record_property(instants.PROPERTY, dict(instants.tried - before))


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API of a Prefect server; MEDALLION_TEST_PREFECT_URL names another."""
    given = os.environ.get("MEDALLION_TEST_PREFECT_URL")
    if given:
        yield given
        return
    try:
        with prefect_server(tmp_path_factory.mktemp("prefect")) as url:
            yield url
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(params=["disk", "s3"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The URL of an empty lake, and its storage options."""
    if request.param == "disk":
        yield str(tmp_path / "lake"), {}
        return
    service: Service = request.getfixturevalue("s3_server")
    bucket = make_bucket(service)
    yield f"s3://{bucket}/lake", options(service)
    empty_bucket(service, bucket)
