"""Frees the page of a visitor who leaves, where libraries would keep it in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import panel as pn

if TYPE_CHECKING:
    import panel_material_ui as pmui


def release_on_session_end(page: pmui.Page) -> None:
    """Unlink a page from process-wide state when its session ends, so that it can be collected.

    A workaround for panel-material-ui 0.16.6, Panel 1.9.4 and param 2.4.2: `Page` binds its `busy`
    to `pn.state.busy`, and the watcher that param adds to that global state refers to the page for
    ever.
    """

    def unlink(_session: Any) -> None:
        for watcher in list(pn.state.param.watchers.get("busy", {}).get("value", ())):
            if getattr(getattr(watcher.fn, "__self__", None), "self", None) is page:
                pn.state.param.unwatch(watcher)

    pn.state.on_session_destroyed(unlink)
