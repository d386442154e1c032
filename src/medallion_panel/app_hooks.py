"""The hooks that Bokeh runs as it starts the server of this application, for `panel serve`."""

from __future__ import annotations

import asyncio
import signal
from threading import current_thread, main_thread
from typing import Any

from bokeh.settings import settings

from medallion_panel.ui.compression import install_compression
from medallion_panel.ui.security_headers import install_security_headers

install_security_headers()
install_compression()
settings.perform_error_diagnostics = False  # reads the signature of every callback of every tab


def on_server_loaded(server_context: Any) -> None:  # noqa: ARG001 (Bokeh names it)
    """Let a first Ctrl-C stop the event loop, and a second one interrupt what it is doing.

    A KeyboardInterrupt that is raised wherever the server happens to be can get lost there: in a
    destructor, or in a library that catches every exception.
    """
    if current_thread() is not main_thread():
        return
    loop = asyncio.get_running_loop()

    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        loop.call_soon_threadsafe(loop.stop)

    signal.signal(signal.SIGINT, stop)
