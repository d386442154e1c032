"""Where releases are served from: sinks, and the stores that read them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, PrivateAttr, field_validator

from medallion.contracts.plugin import Plugin
from medallion.errors import SinkError
from medallion.records import LoadReport, Owner, Release, Served, Serving, Snapshot
from medallion.secrets import SECRETS

if TYPE_CHECKING:
    import pyarrow as pa

    Batches: TypeAlias = pa.RecordBatchReader

Operator = Literal[
    "eq", "ne", "lt", "lte", "gt", "gte", "in", "contains", "startswith", "search", "isnull"
]


class TableSpec(Serving):
    """A table to serve under its plain `name`."""

    model_config = ConfigDict(extra="forbid")

    name: str


@dataclass(frozen=True)
class Right:
    """Something a sink does in its database: whether it was `refused` when tried, and whether it is `needed` at all."""

    what: str
    refused: SinkError | None
    needed: bool = True


@dataclass(frozen=True)
class Flaw:
    """What is served otherwise than it was loaded: `table` is its plain name, None when it is the whole database."""

    table: str | None
    said: str


class Sink(Plugin, ABC):
    """Loads a release's tables into a serving database, then switches to it at once.

    `label` is the sink's name in the declaration, under which a release's `served` lists its tables; `batch` is how
    many rows it is given at a time.
    """

    url: str = Field(repr=False)
    label: str = "serving"
    batch: int = Field(default=10_000, ge=1)
    _writer: Owner | None = PrivateAttr(default=None)

    @field_validator("url")
    @classmethod
    def _register(cls, url: str) -> str:
        SECRETS.add_url(url)
        return url

    def located(self, base: Path) -> Self:
        """The same sink, a relative path in its `url` being taken from `base`."""
        return self

    def file(self) -> Path | None:
        """The local file that it keeps everything in; None when it is a server's."""
        return None

    def connected(self) -> AbstractContextManager[Self]:
        """The same sink with one connection for all that is done in the block; by default itself."""
        return nullcontext(self)

    def unfit_names(self, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Which of these plain table names it cannot serve (together), each with why; by default it serves any."""
        yield from ()

    def loaded(self) -> frozenset[str]:
        """The physical names of the tables that are there whole, so that they need not be loaded again.

        By default none is known: then `load` is called for each, and finds out.
        """
        return frozenset()

    def written_by(self, writer: Owner) -> Self:
        """The same sink for one writer: `load`, `activate` and `prune` check that the database is its own.

        `check_writer` in `medallion.contracts.ownership` is the check. `activate` records the writer as the owner in
        the step that switches readers.
        """
        sink = self.model_copy()
        sink._writer = writer
        return sink

    @abstractmethod
    def owner(self) -> Owner | None:
        """Who last switched or took over the database, or None when nobody has."""

    @abstractmethod
    def claim(self, owner: Owner) -> None:
        """Record the owner, whoever it was before; what readers see stays."""

    @abstractmethod
    def load(self, table: TableSpec, snapshot: Snapshot, rows: Batches) -> LoadReport:
        """Load beside what is live, with the rows of `table.former`, with indexes; count what arrived.

        Doing it twice is doing it once. Raises SinkError when the former table is not there.
        """

    @abstractmethod
    def activate(self, release: Release) -> None:
        """Switch readers to the release in one atomic step, then point the plain names at it."""

    @abstractmethod
    def active(self) -> Release | None:
        """The release readers see, or None before the first."""

    @abstractmethod
    def prune(self, keep: Sequence[Release]) -> int:
        """Remove what no release in `keep` serves; how many tables went."""

    def rights(self) -> Iterator[Right]:
        """Try what publishing needs, with names of its own, and leave nothing; by default nothing is tried."""
        yield from ()

    def flaws(self, release: Release, rows: int | None = None) -> Iterator[Flaw]:
        """Compare what is served of the active release with what was loaded, by default in number alone.

        Parameters: `rows` limits this to tables of so many rows, for a quick answer.
        """
        tables = release.served.get(self.label, {})
        with closing(self.store()) as store:
            for table, served in tables.items():
                if rows is None or served.rows <= rows:
                    count = store.count(table, Query())
                    if count != served.rows:
                        yield Flaw(table, f"has {count:,} rows; {served.rows:,} were loaded")

    def discard(self, release: Release, tables: Sequence[str] | None, mark: str) -> str:
        """Take damaged tables out of the way, or the whole database when None, so that they are loaded again.

        `mark` tells what is moved aside from other such; says where that is. Raises SinkError when it cannot be done
        without loss.
        """
        raise SinkError(
            f"{self.label}: damaged tables cannot be replaced",
            hint="drop them in the database, and run",
        )

    @abstractmethod
    def store(self) -> Store:
        """The query side. Cheap: connects on first use, so that it may be made before a fork."""


@dataclass(frozen=True)
class Filter:
    """One condition: `field operator value`. `in` takes a sequence, `isnull` a bool.

    `contains`, `startswith` and `search` ask text; `search` is `contains` whatever the case and accents.
    """

    field: str
    operator: Operator
    value: Any


@dataclass(frozen=True)
class Sort:
    """Order by one column; null sorts below every value."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class Query:
    """What to find: all `filters` hold; `fields` empty means all; `cursor` continues a former page.

    A cursor belongs to the release it began with; when that is gone, it raises CallError.
    """

    filters: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    fields: tuple[str, ...] = ()
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True)
class Page:
    """Rows of one release; `cursor` is None on the last page."""

    rows: list[dict[str, Any]]
    release: str
    cursor: str | None = None


@dataclass(frozen=True)
class Failure:
    """The last `run` that ended failed, for a `reason`; `since` is when the first failed after the last success."""

    run: str
    reason: str
    since: datetime


class Store(ABC):
    """Reads the active release of a sink. Unknown names raise CallError.

    Values are Python's own: int, float, str, bool, None, `Decimal`, `date`, list, dict, and `datetime`: in UTC from a
    column with a time zone, naive from one without.
    """

    @abstractmethod
    def release(self) -> Release:
        """The active release. Raises SinkError when nothing was published or the database is away."""

    def tables(self) -> Mapping[str, Served]:
        """The served tables by plain name, with columns and key."""
        release = self.release()
        return next((tables for tables in release.served.values() if tables), {})

    @abstractmethod
    def find(self, table: str, query: Query) -> Page:
        """One page of the rows that match. Raises CallError on unknown names and bad cursors."""

    @abstractmethod
    def get(self, table: str, key: object) -> dict[str, Any] | None:
        """The row with this key (a tuple for a key of several columns), or None."""

    @abstractmethod
    def count(self, table: str, query: Query) -> int:
        """How many rows match the query's filters."""

    @abstractmethod
    def group(
        self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query
    ) -> list[dict[str, Any]]:
        """Matching rows by equal values of `by` (none: all rows as one), with figures over each group.

        `by` takes columns, and of them `bin(number, width)`, `year(date)`, `month(date)` or `day(date)`; null is
        a group of its own. `metrics` maps a name to a figure, which leaves nulls out: `count()`,
        `sum|min|max|mean(column)`, `mean(column, weight)`, `median(column)`, `quantile(column, 0.95)`
        (interpolated linearly), or a ratio of sums and counts such as `sum(revenue) / count()`, null where
        it would divide by 0. Sums of decimals and whole numbers are exact; means, quantiles and ratios are
        floating point. `query.sort` and `query.limit`
        are over the result's columns, which are then ordered by `by`; `cursor` and `fields` are not used.
        """

    @abstractmethod
    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        """All matching rows, sorted, in batches, from one release and in flat memory."""

    def at(self, release: Release | None, seconds: float | None = None) -> Store:
        """This store with its questions put to `release`, or with None to the active one, and ended after `seconds`.

        They raise GoneError when the release is no longer kept, and OvertimeError when the database had to end
        them; the rows of a scan must begin in that time. Closing is left to this store. A store that can do neither
        gives itself, as this one does; then `Page.release` tells what was read.
        """
        return self

    def failure(self) -> Failure | None:
        """Why the pipeline's last run failed, as far as the store knows of runs: a database knows of none."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Let go of connections; the store may be used again and then connects anew."""
