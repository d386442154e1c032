"""The contract of sources: where the rows of a bronze table come from, if not from files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from medallion.contracts.plugin import Plugin
from medallion.errors import SourceError

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True)
class SourceItem:
    """One immutable file of a source.

    `name` is its name in quarantine, `why` and messages, without secrets. `token` is equal while
    the file would have the same bytes; without one, the file is pulled at each run and compared.
    `cursor` is how far the source was read with this file, as JSON; the release keeps both.
    """

    name: str
    token: str = ""
    cursor: JsonValue = None


@dataclass(frozen=True)
class CatalogTable:
    """A table that a database has, with its primary key.

    `references` are foreign keys of one column: by column, the table and column it refers to.
    """

    name: str
    key: tuple[str, ...] = ()
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class DataSource(Plugin, ABC):
    """Where a bronze table comes from: a database, an API, … It is pulled into immutable files.

    A run opens one connection for all tables of a `database`, asks each source by `look` which
    files it consists of now, and pulls those that the last release does not have. The files of a
    table are pulled one after the other, perhaps in another thread. Its state is the `cursor` of
    its files and nothing else: so a rollback, a failed run or a kill leaves no gap.

    Raise SourceError for what only a user can correct, such as a table that does not exist, and
    UnreachableError for what a retry may help against, such as a lost connection: the tables of
    this database are then pulled again over a new connection, with back-off.

    `pulled_format` is the format of the pulled files, as it is written in a declaration.
    `look_reads_rows` is True if `look` has no way to know what is new but to read it: then
    `medallion plan` does not ask, and says so.
    """

    pulled_format: ClassVar[str | Mapping[str, Any]]
    look_reads_rows: ClassVar[bool] = False

    @property
    @abstractmethod
    def label(self) -> str:
        """Its name for people, without secrets: `postgresql://host/shop orders`."""

    @property
    @abstractmethod
    def database(self) -> str:
        """What it connects to. Sources of a run that have this in common share a connection.

        It may contain secrets, and is never shown.
        """

    @property
    def version_key(self) -> tuple[str, ...]:
        """The key of records of which several files may have versions, the newest in the last.

        A table that reads them needs a step with this key, such as `deduplicate`, which `check`
        requires. By default no record has versions.
        """
        return ()

    def located(self, base: Path) -> Self:
        """The same source; relative paths in it are relative to `base`."""
        return self

    @abstractmethod
    def connect(self) -> AbstractContextManager[Any]:
        """A connection for `look` and `pull`. All that is read by it should be of one moment."""

    def tables(self, connection: Any) -> Sequence[CatalogTable]:
        """The tables that the database has, by name; none if it does not tell."""
        return ()

    def probe(self, connection: Any) -> None:
        """Raise the error of a source that cannot be read; `medallion doctor` asks."""
        for item in self.look(connection, []):
            chunks = self.pull(connection, item)
            next(chunks, None)
            if isinstance(chunks, Generator):
                chunks.close()

    @abstractmethod
    def look(
        self, connection: Any, former: Sequence[SourceItem], *, full: bool = False
    ) -> Sequence[SourceItem]:
        """The files that the table consists of now, found without reading its rows.

        Parameters: `former` are those of the last release. One of these that is returned as it is
        remains and is not pulled; one that is left out is retracted. `full` asks for everything
        again, whatever was pulled before.
        """

    def backfill(self, former: Sequence[SourceItem], begin: str, end: str) -> Sequence[SourceItem]:
        """The files of the last release, and another one for records that are to be pulled again.

        Parameters: these records have values of the cursor from `begin` to before `end`, written as
        a user writes them; an empty text is no bound. `look` gets the result as `former`. Raises
        SourceError for a source without a cursor, and for a value that its cursor cannot have.
        """
        raise SourceError(
            f"{self.label}: without a cursor, no range of it can be pulled again",
            hint="`medallion run --refresh TABLE` pulls all of it again",
        )

    @abstractmethod
    def pull(self, connection: Any, item: SourceItem) -> Iterator[bytes]:
        """The bytes of a file, in chunks of any size. The same rows give the same bytes."""
