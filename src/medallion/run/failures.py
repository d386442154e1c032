"""Failures of a run: other tables are still computed, and all failures are reported together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager

from medallion.errors import (
    CallError,
    DataError,
    LoadError,
    MedallionError,
    PluginError,
    TablesError,
)

_OF_ONE_TABLE = (DataError, PluginError, LoadError, CallError)


class Failures:
    """Collects the errors of single tables, and the tables that could not be computed for them."""

    def __init__(self) -> None:
        self._errors: dict[str, MedallionError] = {}
        self._blocked: set[str] = set()

    def __contains__(self, table: str) -> bool:
        return table in self._errors or table in self._blocked

    def __bool__(self) -> bool:
        return bool(self._errors)

    def add(self, errors: Mapping[str, MedallionError]) -> None:
        """Collect errors of tables that have none yet."""
        self._errors = {**errors, **self._errors}

    @contextmanager
    def collected(self, table: str) -> Iterator[None]:
        """Collect an error that concerns only this table; others are raised at once."""
        try:
            yield
        except _OF_ONE_TABLE as error:
            self._errors[table] = error

    def raise_of(self, table: str) -> None:
        """Raise the collected error of a table, if there is one."""
        if table in self._errors:
            raise self._errors[table]

    @property
    def tables(self) -> Set[str]:
        """The tables whose errors were collected."""
        return self._errors.keys()

    def block(self, table: str) -> None:
        """Record a table that reads one that failed."""
        self._blocked.add(table)

    def check(self) -> None:
        """Raise the error of the one table that failed, or a TablesError of several."""
        errors = list(self._errors.values())
        if errors:
            raise errors[0] if len(errors) == 1 else TablesError(errors)
