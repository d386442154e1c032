"""Python's garbage collection while a command runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS = 100_000  # that are created before Python looks for cycles among them; its default is 700


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Look for cycles of objects rarely, for the length of a block.

    A run makes models and syntax trees that live to its end. By default, Python would look through
    them again and again: 0.4 s of CPU time with a hundred source files, and 0.1 s so.
    """
    first, *others = gc.get_threshold()
    gc.set_threshold(OBJECTS, *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)
