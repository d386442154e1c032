"""A `--setup` script for servers: nearly always in code that catches every exception."""

from __future__ import annotations

import time
from contextlib import suppress

from tornado.ioloop import IOLoop


def _busy() -> None:
    with suppress(BaseException):
        time.sleep(0.05)
    IOLoop.current().add_callback(_busy)


IOLoop.current().add_callback(_busy)
