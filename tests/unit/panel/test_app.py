"""The dashboard of a pipeline: a page for every visitor, on one store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import panel_material_ui as pmui
import pytest
from bokeh.document import Document
from bokeh.server.urls import per_app_patterns
from panel.io.server import DocHandler
from panel.io.state import set_curdoc
from tornado.web import RequestHandler

import medallion as md
from medallion.errors import CallError
from medallion_panel.app import create_dashboard
from tests.coroutines import on_event_loop

YAML = """\
name: small
tables:
  bronze:
    t: {source: t.csv}
  gold:
    t: {from: bronze.t}
"""


@pytest.fixture(autouse=True)
def uninstalled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test leaves Bokeh and Tornado as they were."""
    monkeypatch.delenv("MEDALLION_API_URL", raising=False)
    patterns, defaults = list(per_app_patterns), RequestHandler.set_default_headers
    yield
    per_app_patterns[:] = patterns
    RequestHandler.set_default_headers = defaults  # type: ignore[method-assign]


def pipeline_of(folder: Path, sections: str = "") -> md.Pipeline:
    (folder / "medallion.yaml").write_text(YAML + sections)
    (folder / "t.csv").write_text("id\n1\n")
    return md.Pipeline.load(folder / "medallion.yaml")


def page_of(pipeline: md.Pipeline) -> pmui.Page:
    return visited(create_dashboard(pipeline))


def visited(dashboard: Callable[[], pmui.Page]) -> pmui.Page:
    """The page that a visitor gets."""

    def visit() -> pmui.Page:
        with set_curdoc(Document()):
            return dashboard()

    return on_event_loop(visit)


def test_every_visitor_has_a_page_of_their_own(tmp_path: Path) -> None:
    dashboard = create_dashboard(pipeline_of(tmp_path))
    assert visited(dashboard) is not visited(dashboard)


def test_the_title_is_that_of_the_section_or_the_name_of_the_pipeline(tmp_path: Path) -> None:
    page = page_of(pipeline_of(tmp_path, "dashboard: {title: The shop}\n"))
    assert page.title == "The shop"
    assert page_of(pipeline_of(tmp_path)).title == "small"


def test_the_servers_of_the_process_get_the_security_headers(tmp_path: Path) -> None:
    create_dashboard(pipeline_of(tmp_path))
    assert DocHandler not in {handler for _, handler in per_app_patterns}


def test_a_pipeline_without_sinks_has_no_dashboard(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="the declaration has no sinks"):
        create_dashboard(pipeline_of(tmp_path, "sinks: {}\n"))
