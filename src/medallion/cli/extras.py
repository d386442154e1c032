"""What a command says when the extra it needs is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from medallion.errors import PluginError


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Turn a missing import into PluginError with the `pip install` that mends it."""
    try:
        yield
    except ImportError as error:
        raise PluginError(
            f"this needs {error.name or error}, which is not installed",
            hint=f"pip install 'medallion-lake[{extra}]'",
        ) from error
