"""The error of a command whose optional packages are not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from medallion.errors import PluginError


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Turn a failed import into PluginError with the `pip install` command that fixes it."""
    try:
        yield
    except ImportError as error:
        raise PluginError(
            f"this command needs {error.name or error}, which is not installed",
            hint=f"pip install 'medallion-lake[{extra}]'",
        ) from error
