"""The button that downloads a file, which is made when a visitor asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel_material_ui as pmui

from medallion_panel.ui.print_layout import NOT_PRINTED


def download_button(
    callback: Callable[[], Any],
    filename: str,
    label: str,
    description: str,
    *,
    visible: bool = True,
) -> Any:
    """A small button whose `callback` returns the file, or a coroutine of it."""
    return pmui.FileDownload(
        callback=callback,
        filename=filename,
        label=label,
        description=description,
        icon="download",
        auto=True,
        embed=False,
        size="small",
        variant="outlined",
        margin=0,
        visible=visible,
        stylesheets=[NOT_PRINTED],
    )
