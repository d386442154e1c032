"""The script of `panel serve`: the pipeline of a variable, loaded once, and a masked log."""

from __future__ import annotations

import logging
import runpy
from collections.abc import Iterator
from pathlib import Path

import panel as pn
import pytest
from bokeh.document import Document
from bokeh.server.urls import per_app_patterns
from panel.io.state import set_curdoc
from tornado.web import RequestHandler

from medallion.errors import DeclarationError
from medallion.secrets import SECRETS, MaskingFilter
from tests.coroutines import on_event_loop

YAML = "name: {name}\ntables:\n  bronze:\n    t: {{source: t.csv}}\n  gold:\n    t: {{from: bronze.t}}\n"


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """Every test begins without a cached dashboard, and leaves servers as they were."""
    patterns, defaults = list(per_app_patterns), RequestHandler.set_default_headers
    pn.state.cache.clear()
    yield
    pn.state.cache.clear()
    per_app_patterns[:] = patterns
    RequestHandler.set_default_headers = defaults  # type: ignore[method-assign]


def declare(folder: Path, name: str) -> Path:
    path = folder / "medallion.yaml"
    path.write_text(YAML.format(name=name))
    (folder / "t.csv").write_text("id\n1\n")
    return path


def visit() -> str:
    """Run the script for a visitor; the title of the pages that it makes."""
    return on_event_loop(_title)


def _title() -> str:
    with set_curdoc(Document()):
        runpy.run_module("medallion_panel.main")
        dashboard = pn.state.as_cached("medallion_panel.dashboard", None)
        title: str = dashboard().title
        return title


def test_the_pipeline_of_the_variable_is_loaded_once_for_all_visitors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = declare(tmp_path, "first")
    monkeypatch.setenv("MEDALLION_CONFIG", str(path))
    assert visit() == "first"
    declare(tmp_path, "second")
    assert visit() == "first"
    pn.state.cache.clear()
    assert visit() == "second"


def test_without_the_variable_it_is_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(tmp_path, "here")
    monkeypatch.delenv("MEDALLION_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    assert visit() == "here"


def test_a_faulty_declaration_is_an_error_and_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "medallion.yaml"
    path.write_text("name: [\n")
    monkeypatch.setenv("MEDALLION_CONFIG", str(path))
    with pytest.raises(DeclarationError):
        visit()
    declare(tmp_path, "right")
    assert visit() == "right"


def test_the_log_of_the_server_is_masked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDALLION_CONFIG", str(declare(tmp_path, "masked")))
    handler = logging.StreamHandler()
    logging.getLogger().addHandler(handler)
    try:
        visit()
        visit()
    finally:
        logging.getLogger().removeHandler(handler)
    (masking,) = handler.filters
    assert isinstance(masking, MaskingFilter)
    SECRETS.add("pass-word-7")
    record = logging.LogRecord("x", logging.INFO, "f", 1, "at pass-word-7", (), None)
    filtered = masking.filter(record)
    shown = filtered if isinstance(filtered, logging.LogRecord) else record
    assert shown.getMessage() == "at ***"
