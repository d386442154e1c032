"""The project of the API's tests, run once for each store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion_api.app import assemble
from tests.api import project

TestClient.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(scope="session", params=["sqlite", "mongodb", "held"])
def kind(request: pytest.FixtureRequest) -> str:
    """The store, which is asked every question; `held` is SQLite again, with small tables held in memory."""
    return str(request.param)


@pytest.fixture(scope="session")
def folder(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A project that was run; read it only."""
    made = tmp_path_factory.mktemp("project")
    url = "sqlite:lake/serving.db"
    if kind == "mongodb":
        url = f"{request.getfixturevalue('mongodb_server')}/medallion_api_{uuid4().hex[:12]}"
    project.write(made, url)
    project.load(made).run()
    return made


@pytest.fixture(scope="session")
def pipeline(folder: Path) -> md.Pipeline:
    return project.load(folder)


@pytest.fixture(scope="session")
def client(kind: str, pipeline: md.Pipeline) -> Iterator[TestClient]:
    api = assemble(pipeline)
    if kind != "held":
        api.reading.cells = 0
    yield TestClient(api.app)
    api.reading.store.close()
