"""A page is apart from the busy state of the process, and can be collected."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import panel as pn
import panel_material_ui as pmui
import pytest
from bokeh.document import Document
from panel.io.state import set_curdoc
from panel.util import edit_readonly

from medallion_panel.ui.busy_state import detach_from_busy_state


@pytest.fixture
def document() -> Iterator[Document]:
    document = Document()
    with set_curdoc(document):
        yield document


def watchers_of(page: pmui.Page) -> int:
    """The watchers of the process-wide state that refer to a page."""
    watchers = pn.state.param.watchers.get("busy", {}).get("value", ())
    owners = (getattr(getattr(item.fn, "__self__", None), "self", None) for item in watchers)
    return sum(owner is page for owner in owners)


@pytest.mark.usefixtures("document")
def test_a_page_does_not_follow_what_other_visitors_do() -> None:
    page, other = pmui.Page(title="one"), pmui.Page(title="two")
    assert (watchers_of(page), watchers_of(other)) == (1, 1)
    detach_from_busy_state(page)
    assert (watchers_of(page), watchers_of(other)) == (0, 1)
    with edit_readonly(pn.state):
        pn.state.busy = True
    try:
        assert (page.busy, other.busy) == (False, True)
    finally:
        with edit_readonly(pn.state):
            pn.state.busy = False
    detach_from_busy_state(other)


@pytest.mark.usefixtures("document")
def test_a_page_that_was_made_while_others_were_busy_is_not_busy() -> None:
    with edit_readonly(pn.state):
        pn.state.busy = True
    try:
        page = pmui.Page(title="one")
        detach_from_busy_state(page)
        assert page.busy is False
    finally:
        with edit_readonly(pn.state):
            pn.state.busy = False


def test_the_page_is_collected() -> None:
    document = Document()
    with set_curdoc(document):
        page = pmui.Page(title="one")
        detach_from_busy_state(page)
    reference = weakref.ref(page)
    for callback in list(document.session_destroyed_callbacks):
        callback(None)
    document.session_destroyed_callbacks.clear()
    del page, document
    gc.collect()
    assert reference() is None
