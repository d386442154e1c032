"""Fixtures of all tests: real servers, started once a worker, or those the environment names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from tests.instants import pytest_sessionfinish, pytest_terminal_summary  # noqa: F401 (hooks)
from tests.services import Service, Unavailable, mongod, weed

# A busy machine is no fault of what is tested.
settings.register_profile("medallion", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("medallion")

pytest.register_assert_rewrite(*(f"medallion.testing.{name}" for name in ("groups", "modes", "queries", "stores")))


@pytest.fixture(scope="session")
def mongodb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a MongoDB server, without a database; of the user's own with MEDALLION_TEST_MONGODB_URL."""
    given = os.environ.get("MEDALLION_TEST_MONGODB_URL")
    if given:
        yield given
        return
    try:
        with mongod(tmp_path_factory.mktemp("mongod")) as service:
            yield service.url
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def mongodb_url(mongodb_server: str) -> Iterator[str]:
    """The URL of an empty database on a MongoDB server, which is dropped afterwards."""
    from medallion.sinks.mongodb_database import connect

    name = f"medallion_test_{uuid4().hex[:12]}"
    yield urlunsplit(urlsplit(mongodb_server)._replace(path=f"/{name}"))
    with connect(mongodb_server) as client:
        client.drop_database(name)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An S3 server; the user's own with MEDALLION_TEST_S3_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""
    given = os.environ.get("MEDALLION_TEST_S3_URL")
    if given:
        yield Service(given, os.environ.get("AWS_ACCESS_KEY_ID", ""), os.environ.get("AWS_SECRET_ACCESS_KEY", ""))
        return
    try:
        with weed(tmp_path_factory.mktemp("weed")) as service:
            yield service
    except Unavailable as reason:
        pytest.skip(str(reason))
