"""Keeps pages apart from the process-wide state of Panel that says whether any of them is busy."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import panel as pn
from panel.io.callbacks import PeriodicCallback
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


def repeat(callback: Callable[[], None], milliseconds: int) -> None:
    """Call a function of a session at intervals, until the session ends.

    As `pn.state.add_periodic_callback`, which also enters each call in the busy state of the
    process, at half of its cost.
    """
    timer = PeriodicCallback(callback=callback, period=milliseconds, background=True)
    timer.start()
    pn.state.on_session_destroyed(lambda _: timer.stop())
