from __future__ import annotations

from collections.abc import Iterator

import pytest

import medallion as md
from tests.panel import shop
from tests.panel.forked_server import serving


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    """The small shop, published in SQLite."""
    pipeline = md.Pipeline.load(shop.write(tmp_path_factory.mktemp("shop") / "project"))
    pipeline.run()
    return pipeline


@pytest.fixture(scope="session")
def address(project: md.Pipeline) -> Iterator[str]:
    """The URL of its dashboard."""
    with serving(project.base / "medallion.yaml") as url:
        yield url
