"""Keeps pages apart from the process-wide state of Panel that says whether any of them is busy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel as pn
from panel.util import edit_readonly

if TYPE_CHECKING:
    import panel_material_ui as pmui


def detach_from_busy_state(page: pmui.Page) -> None:
    """Unlink a new page from `pn.state.busy`. Cards show by themselves that they wait.

    A workaround for panel-material-ui 0.16.6, Panel 1.9.4 and param 2.4.2: `Page` binds its `busy`
    to `pn.state.busy`, so that the callbacks of each visitor walk through the models of all others,
    and the watcher that param adds to that global state refers to the page for ever.
    """
    for watcher in list(pn.state.param.watchers.get("busy", {}).get("value", ())):
        if getattr(getattr(watcher.fn, "__self__", None), "self", None) is page:
            pn.state.param.unwatch(watcher)
    with edit_readonly(page):
        page.busy = False
