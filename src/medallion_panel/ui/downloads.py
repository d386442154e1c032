"""The button that downloads a file, which is made when a visitor asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from inspect import iscoroutinefunction
from typing import Any

import panel_material_ui as pmui

from medallion_panel.ui.print_layout import NOT_PRINTED

# Of all visitors: a large table takes long to read.
_POOL = ThreadPoolExecutor(4, thread_name_prefix="dashboard-download")


def download_button(
    callback: Callable[[], Any],
    filename: str,
    label: str,
    description: str,
    *,
    visible: bool = True,
) -> Any:
    """A small button whose `callback` returns the file, in a thread, or is a coroutine function."""

    async def in_thread() -> Any:
        return await asyncio.get_running_loop().run_in_executor(_POOL, callback)

    return pmui.FileDownload(
        callback=callback if iscoroutinefunction(callback) else in_thread,
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
