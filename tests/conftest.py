"""Fixtures of all tests: real servers, started once a worker, or those the environment names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from medallion.secrets import SECRETS
from tests.instants import pytest_sessionfinish, pytest_terminal_summary  # noqa: F401 (hooks)
from tests.panel.dashboard_server import CHROMIUM, FLAGS
from tests.services import Service, Unavailable, mongod, weed

# A busy machine is no fault of what is tested.
settings.register_profile("medallion", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("medallion")

_SUITES = ("groups", "modes", "owners", "queries", "readers", "stores")
pytest.register_assert_rewrite(*(f"medallion.testing.{name}" for name in _SUITES))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Every test begins without registered secrets: those of another might be words of this one."""
    del item
    SECRETS.clear()


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
    from medallion.sinks.mongodb.database import connect

    name = f"medallion_test_{uuid4().hex[:12]}"
    yield urlunsplit(urlsplit(mongodb_server)._replace(path=f"/{name}"))
    with connect(mongodb_server) as client:
        client.drop_database(name)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An S3 server; the user's own with MEDALLION_TEST_S3_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""
    given = os.environ.get("MEDALLION_TEST_S3_URL")
    if given:
        yield Service(
            given,
            os.environ.get("AWS_ACCESS_KEY_ID", ""),
            os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
        )
        return
    try:
        with weed(tmp_path_factory.mktemp("weed")) as service:
            yield service
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, the one of a worker: a second cannot be started beside it. Tests that need it are skipped without."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = CHROMIUM if Path(CHROMIUM).exists() else shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    sync_api.expect.set_options(timeout=90_000)
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """A browser tab; the test fails on any request to elsewhere, any page error, any error on the console."""
    faults: list[str] = []
    page = browser.new_page(viewport={"width": 1400, "height": 2600}, accept_downloads=True)
    page.set_default_timeout(90_000)
    page.on("pageerror", lambda error: faults.append(f"page error: {error}"))
    page.on(
        "console", lambda said: faults.append(f"console: {said.text}") if _fault(said) else None
    )
    page.on(
        "request",
        lambda asked: None if _local(asked.url) else faults.append(f"request to {asked.url}"),
    )
    yield page
    page.close()
    assert not faults, "\n".join(faults)


def _fault(said: Any) -> bool:
    """Whether a message of the console is one. A page that lost its server says so until it is back."""
    lost = ("net::ERR_CONNECTION_REFUSED", "not connected so cannot send")
    return said.type == "error" and not any(text in said.text for text in lost)


def _local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))
