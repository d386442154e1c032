"""The contract of sections: a package's own top-level key of the declaration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from medallion.contracts.plugin import Plugin


class Section(Plugin):
    """A package's own top-level key of the declaration, such as `api` or `dashboard`."""

    def faults(self, declaration: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """(path below the section, message) of all that contradicts the rest of the Declaration."""
        yield from ()
