"""A visitor who leaves takes their page along: what libraries would keep of it is undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import panel as pn

if TYPE_CHECKING:
    import panel_material_ui as pmui


def forget_when_left(page: pmui.Page) -> None:
    """Unlink a page from what outlives it when its session ends, so that all that hangs on it is given back.

    Seen with panel-material-ui 0.16.6, Panel 1.9.4 and param 2.4.2: `Page` takes its `busy` from `pn.state.busy`, and
    param has the one state of the process call the page at each change, for ever.
    """

    def unlink(_session: Any) -> None:
        for watcher in list(pn.state.param.watchers.get("busy", {}).get("value", ())):
            if getattr(getattr(watcher.fn, "__self__", None), "self", None) is page:
                pn.state.param.unwatch(watcher)

    pn.state.on_session_destroyed(unlink)
