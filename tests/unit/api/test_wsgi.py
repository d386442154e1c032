"""The WSGI application of `MEDALLION_CONFIG`: composed once, and alive without a declaration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from falcon.testing import TestClient

from medallion_api import wsgi
from tests.api import project


@pytest.fixture(autouse=True)
def unloaded() -> Iterator[None]:
    """No declaration is loaded before a test, nor left loaded after it."""
    wsgi.assembled.cache_clear()
    yield
    wsgi.assembled.cache_clear()


def test_the_declaration_of_the_variable_is_served_and_loaded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(wsgi.CONFIG, str(project.write(tmp_path)))
    assert TestClient(wsgi.app).simulate_get("/docs").status_code == 200
    assert wsgi.assembled() is wsgi.assembled()
    assert set(wsgi.assembled().api.endpoints) == {"/things", "/few", "/names", "/stats/total"}


def test_without_a_variable_the_declaration_is_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(tmp_path)
    monkeypatch.delenv(wsgi.CONFIG, raising=False)
    monkeypatch.chdir(tmp_path)
    assert wsgi.assembled().api.endpoints["/few"].table == "things"


def test_a_faulty_declaration_is_logged_and_read_again_at_the_next_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "medallion.yaml"
    path.write_text("name: [\n")
    monkeypatch.setenv(wsgi.CONFIG, str(path))
    client = TestClient(wsgi.app)
    assert client.simulate_get("/docs").status_code == 503
    assert "medallion.yaml" in caplog.text
    assert client.simulate_get("/health").status_code == 200
    path.unlink()
    project.write(tmp_path)
    assert client.simulate_get("/docs").status_code == 200
