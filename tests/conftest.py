"""Fixtures of all tests: real servers, started once per worker, or named by the environment."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from medallion.secrets import SECRETS
from tests.example_counts import IS_SEARCH
from tests.instants import pytest_sessionfinish, pytest_terminal_summary  # noqa: F401 (hooks)
from tests.mysql_statements import execute_mysql
from tests.panel.dashboard_server import CHROMIUM, FLAGS
from tests.scheduling import pytest_collection_modifyitems  # noqa: F401 (a hook)
from tests.services import Service, Unavailable, mariadb, mongod, postgres, weed

# A busy machine must not fail a test, and one commit has one result; MEDALLION_TEST_RANDOM=1 makes
# other examples at each run, and more, to look for new faults.
settings.register_profile(
    "medallion",
    deadline=None,
    derandomize=not IS_SEARCH,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("medallion")

_SUITES = (
    "data_sources",
    "groups",
    "layers",
    "modes",
    "owners",
    "paging",
    "queries",
    "readers",
    "releases",
    "stores",
    "values",
)
pytest.register_assert_rewrite(*(f"medallion.testing.{name}" for name in _SUITES))

# A page lives for seconds, in which compilers that optimize take more time than they save.
_SCRIPTS = "--js-flags=--no-opt --no-maglev"

gc.disable()  # until all tests are imported, since nothing of that is garbage


def pytest_sessionstart(session: pytest.Session) -> None:
    """Collect garbage in a process that imports no tests, but hands them out to others."""
    if session.config.getoption("numprocesses", None):
        gc.enable()


def pytest_collection_finish() -> None:
    """Leave what was imported out of every garbage collection that follows."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    gc.unfreeze()  # duckdb reports what is not collected at the end


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget registered secrets, which would be masked in the output of another test."""
    del item
    SECRETS.clear()


@pytest.fixture(scope="session")
def mongodb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a MongoDB server, without a database; MEDALLION_TEST_MONGODB_URL names another."""
    folder = tmp_path_factory.mktemp("mongod")
    yield from _server("MEDALLION_TEST_MONGODB_URL", lambda: mongod(folder))


def _server(variable: str, start: Callable[[], AbstractContextManager[Service]]) -> Iterator[str]:
    """The URL that a variable has, or that of a server which is started."""
    if url := os.environ.get(variable):
        yield url
        return
    try:
        with start() as service:
            yield service.url
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def mongodb_url(mongodb_server: str) -> Iterator[str]:
    """The URL of an empty database on a MongoDB server, which is dropped afterwards."""
    with empty_database(mongodb_server) as url:
        yield url


@pytest.fixture(scope="class")
def shared_mongodb_url(mongodb_server: str) -> Iterator[str]:
    """The same for all tests of a class."""
    with empty_database(mongodb_server) as url:
        yield url


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    from medallion.sinks.mongodb.database import connect

    name = f"medallion_test_{uuid4().hex[:12]}"
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with connect(server) as client:
        client.drop_database(name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server; MEDALLION_TEST_POSTGRES_URL names another."""
    options = ("-c", "fsync=off", "-c", "max_connections=200")
    yield from _server("MEDALLION_TEST_POSTGRES_URL", lambda: postgres(*options))


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty database on a PostgreSQL server, which is dropped afterwards."""
    with empty_postgres_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="class")
def shared_postgres_url(postgres_server: str) -> Iterator[str]:
    """The same for all tests of a class."""
    with empty_postgres_database(postgres_server) as url:
        yield url


@contextmanager
def empty_postgres_database(server: str) -> Iterator[str]:
    from medallion.sinks.postgres.database import connect

    name = f"medallion_test_{uuid4().hex[:12]}"
    with closing(connect(f"{server}/postgres")) as connection:
        connection.execute(f"create database {name}".encode())
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        connection.execute(f"drop database {name} with (force)".encode())


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    """The URL of a MariaDB or MySQL server; MEDALLION_TEST_MARIADB_URL names another."""
    yield from _server("MEDALLION_TEST_MARIADB_URL", mariadb)


@pytest.fixture
def mariadb_url(mariadb_server: str) -> Iterator[str]:
    """The URL of an empty database on a MariaDB server, which is dropped afterwards."""
    with empty_mariadb_database(mariadb_server) as url:
        yield url


@pytest.fixture(scope="class")
def shared_mariadb_url(mariadb_server: str) -> Iterator[str]:
    """The same for all tests of a class."""
    with empty_mariadb_database(mariadb_server) as url:
        yield url


@contextmanager
def empty_mariadb_database(server: str) -> Iterator[str]:
    name = f"medallion_test_{uuid4().hex[:12]}"
    execute_mysql(server, f"create database {name}")
    yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    execute_mysql(server, f"drop database {name}")


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An S3 server; MEDALLION_TEST_S3_URL names another, with the AWS_* variables for its keys."""
    url = os.environ.get("MEDALLION_TEST_S3_URL")
    if url:
        yield Service(
            url,
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
    """Chromium, once per worker, as a second one does not start. Without it, tests are skipped."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed: apt-get install chromium-headless-shell")
    sync_api.expect.set_options(timeout=90_000)
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, _SCRIPTS])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def browser_context(browser: Any) -> Iterator[Any]:
    """What the tabs of a worker have in common: the cache of files, but no cookie."""
    context = browser.new_context(viewport={"width": 1400, "height": 2600})
    context.set_default_timeout(90_000)
    yield context
    context.close()


@pytest.fixture
def tab(browser_context: Any) -> Iterator[Any]:
    """A browser tab; a request to another host, a page error or a console error fails the test."""
    with _open_tab(browser_context) as page:
        yield page


@pytest.fixture(scope="module")
def shared_tab(browser_context: Any) -> Iterator[Any]:
    """A tab for tests that only read, or that begin with a URL; none of them may close it."""
    with _open_tab(browser_context) as page:
        yield page


@contextmanager
def _open_tab(context: Any) -> Iterator[Any]:
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(f"page error: {error}"))
    page.on(
        "console",
        lambda message: errors.append(f"console: {message.text}") if _is_error(message) else None,
    )
    page.on(
        "request",
        lambda request: None if _local(request.url) else errors.append(f"request to {request.url}"),
    )
    yield page
    page.close()
    context.clear_cookies()
    assert not errors, "\n".join(errors)


def _is_error(message: Any) -> bool:
    """Whether a console message is an error; a server's restart may lose connections."""
    lost_connection = (
        *("net::ERR_CONNECTION_", "net::ERR_EMPTY_RESPONSE", "net::ERR_SOCKET_NOT_CONNECTED"),
        *("before receiving a handshake response", "not connected so cannot send"),
    )
    return message.type == "error" and not any(text in message.text for text in lost_connection)


def _local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))
