"""The button that downloads a file, which is made when a visitor asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import panel_material_ui as pmui

from medallion_panel.ui.print_layout import NOT_PRINTED

T = TypeVar("T")

# Of all visitors: a large table takes long to read.
_POOL = ThreadPoolExecutor(4, thread_name_prefix="dashboard-download")


async def in_download_thread(read: Callable[..., T], *arguments: Any) -> T:
    """The result of a function that makes a file, without blocking other visitors."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, read, *arguments)


def download_button(
    callback: Callable[[], Awaitable[Any]],
    filename: str,
    label: str,
    description: str,
    *,
    visible: bool = True,
) -> Any:
    """A small button; `callback` is a coroutine function that returns the file."""
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
