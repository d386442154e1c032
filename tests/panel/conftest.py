from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from tests.panel import shop
from tests.panel.serving import CHROMIUM, FLAGS, serving


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium. The tests that need it are skipped, visibly, where it is not installed."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = CHROMIUM if Path(CHROMIUM).exists() else shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    sync_api.expect.set_options(timeout=30_000)
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """A browser tab; the test fails on any request to elsewhere, any page error, any error on the console."""
    faults: list[str] = []
    page = browser.new_page(viewport={"width": 1400, "height": 2600}, accept_downloads=True)
    page.set_default_timeout(30_000)
    page.on("pageerror", lambda error: faults.append(f"page error: {error}"))
    page.on("console", lambda said: faults.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("request", lambda asked: None if _local(asked.url) else faults.append(f"request to {asked.url}"))
    yield page
    page.close()
    assert not faults, "\n".join(faults)


def _local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    """The small shop, published in SQLite."""
    pipeline = md.Pipeline.load(shop.write(tmp_path_factory.mktemp("shop") / "project"))
    pipeline.run()
    return pipeline


@pytest.fixture(scope="session")
def address(project: md.Pipeline) -> Iterator[str]:
    """Its dashboard's address."""
    with serving(project.base / "medallion.yaml") as url:
        yield url
