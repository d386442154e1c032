"""The contract of stores: the query side of a sink."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar

from medallion.errors import GoneError, SinkError
from medallion.query.aggregation import Grouping, grouping
from medallion.query.cursor import CursorPosition, read_cursor
from medallion.query.query import Filter, Page, Query
from medallion.query.validation import ValidatedQuery, key_values, served_table, validate_query
from medallion.records import Release, Served
from medallion.storage.digests import REPAIR

if TYPE_CHECKING:
    import pyarrow as pa

    Batches: TypeAlias = pa.RecordBatchReader

T = TypeVar("T")

_ATTEMPTS = 20  # readings of one answer, when releases are pruned meanwhile


@dataclass(frozen=True)
class Failure:
    """Why the last `run` failed; `since` is the first failure after the last success."""

    run: str
    reason: str
    since: datetime


@dataclass(frozen=True)
class NamedRelease:
    """A release without its files, and the name of the candidate that it is.

    `failed` are the gates that a candidate did not pass.
    """

    release: Release
    candidate: str = ""
    failed: tuple[str, ...] = ()


class Store(ABC):
    """The query side of a sink: reads the active release.

    Values are Python values: int, float, str, bool, None, bytes, `Decimal`, `date`, list, dict, and
    `datetime`, in UTC from a column with a time zone and naive from one without. A time is ISO 8601
    text with microseconds.

    Rules for every method:

    - A NaN is null. Infinities are values.
    - A null matches no filter except `isnull`; `ne` does not match it either. Metrics ignore nulls.
    - Nulls sort below every value: first ascending, last descending. Text sorts by code point.
    - A timestamp compared with a date is compared with the whole day: `lte` includes it.
    - The order is total: equal rows are ordered by key, or in a table without a key by row number.
    - A call reads one release, even when another is activated meanwhile.

    Methods raise CallError for unknown tables, columns and operators and for values of another
    type, and SinkError when nothing was published or the database is unreachable.

    `find`, `get`, `count`, `group` and `scan` validate a query once, against the release that it
    reads, and hand it to the `read_` method that a subclass implements. Code with a validated query
    calls that method directly. `label` is the sink's in the declaration, `pinned` the release
    that `at` chose, and `seconds` its time limit.
    """

    label: str = ""
    pinned: Release | None = None
    seconds: float | None = None

    def release(self) -> Release:
        """The release that is read. Raises SinkError when nothing was published."""
        return self.pinned or self.active()

    def tables(self) -> Mapping[str, Served]:
        """The served tables by plain name, with columns, key and number of rows."""
        return self.tables_of(self.release())

    def tables_of(self, release: Release) -> Mapping[str, Served]:
        """The tables that this sink serves of a release."""
        if self.label:
            return release.served.get(self.label, {})
        return next((tables for tables in release.served.values() if tables), {})

    def find(self, table: str, query: Query) -> Page:
        """One page of the matching rows: at most `query.limit`, with the columns `query.fields`.

        A cursor continues on the release of its first page, also after another was activated.
        Raises CallError for a damaged cursor and for one of another query, and GoneError, which is
        a CallError, when the release of a cursor was pruned.
        """
        position = read_cursor(query.cursor) if query.cursor else None

        def page(release: Release, served: Served) -> Page:
            return self.read_page(release, validate_query(served, query, position))

        return self._answer(table, page, position)

    def get(self, table: str, key: object) -> dict[str, Any] | None:
        """The row with this key, or None.

        Parameters: `key` is a value, or a tuple of values for a key of several columns. Raises
        CallError for a table without a key, and for another number of values.
        """

        def row(release: Release, served: Served) -> dict[str, Any] | None:
            values = zip(served.key, key_values(served, key), strict=True)
            filters = tuple(Filter(name, "eq", value) for name, value in values)
            query = validate_query(served, Query(filters=filters, limit=1))
            return next(iter(self.read_page(release, query).rows), None)

        return self._answer(table, row)

    def count(self, table: str, query: Query) -> int:
        """The number of rows that match `query.filters`; the rest of the query is not used."""
        return self._answer(
            table,
            lambda release, served: self.read_count(release, validate_query(served, query)),
        )

    def group(
        self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query
    ) -> list[dict[str, Any]]:
        """Groups of matching rows with equal values of `by`, each with its metrics.

        Parameters:

        - `by`: columns, `bin(number, width)`, or `year`, `quarter`, `month`, `week` (ISO 8601) or
          `day` of a date, such as `month(date)`; a result row has them under the column's name.
          Null is a group of its own. Without `by` all rows are one group, even when none matches.
        - `metrics`: expressions by name of the result column: `count()`,
          `count_distinct(column)`, `sum(column)`, `min(column)`, `max(column)`, `mean(column)`,
          `mean(column, weight)`, `median(column)`, `quantile(column, 0.95)`, interpolated
          linearly, or a ratio of sums and counts such as `sum(revenue) / count()`. They ignore
          nulls; a metric of no value, a division by 0 and a sum of infinities of both signs are
          null, and a count of none is 0. Sums of decimals and integers are exact; means, quantiles
          and ratios are floating point.
        - `query`: `filters` select the rows; `sort` and `limit` apply to the result and may name
          its columns only, and groups that `sort` leaves equal are ordered by `by`. `cursor` and
          `fields` are not used.
        """
        return self._answer(
            table,
            lambda release, served: self.read_groups(release, grouping(served, by, metrics, query)),
        )

    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        """All matching rows in the order of `query.sort`, in batches, without loading them all.

        All batches are from one release; raises GoneError or SinkError when that is pruned
        meanwhile. `query.limit` and `query.cursor` are not used.
        """

        def begun(release: Release, served: Served) -> tuple[Any, Iterator[list[dict[str, Any]]]]:
            batches = self.read_batches(release, validate_query(served, query))
            return next(batches, None), batches

        first, further = self._answer(table, begun)
        if first is not None:
            yield first
            yield from further

    def at(self, release: Release | None, seconds: float | None = None) -> Self:
        """This store pinned to `release` (None: the active one), with queries of at most `seconds`.

        Its methods raise GoneError when the release was pruned, and OvertimeError when the database
        ended a query at the time limit, which for a scan is the time until its first batch; a store
        that has no time limits ignores it. Close only the original store.
        """
        store = copy(self)
        store.pinned, store.seconds = release, seconds
        return store

    @abstractmethod
    def active(self) -> Release:
        """The active release. Raises SinkError when nothing was published."""

    @abstractmethod
    def kept(self, ident: str) -> Release:
        """A release with which a cursor began. Raises GoneError when it was pruned."""

    @abstractmethod
    def read_page(self, release: Release, query: ValidatedQuery) -> Page:
        """The first `query.limit` rows in `query.order` that match, after `query.after`.

        Like the other `read_` methods, reads the table `query.served` of this release, and raises
        GoneError when the release was pruned.
        """

    @abstractmethod
    def read_count(self, release: Release, query: ValidatedQuery) -> int:
        """The number of rows that match `query.filters`."""

    @abstractmethod
    def read_groups(self, release: Release, query: Grouping) -> list[dict[str, Any]]:
        """The groups of `Store.group`: at most `query.limit`, in `query.order`."""

    @abstractmethod
    def read_batches(
        self, release: Release, query: ValidatedQuery
    ) -> Iterator[list[dict[str, Any]]]:
        """All rows that match in `query.order`, in batches; `limit` and `after` are not used."""

    def failure(self) -> Failure | None:
        """Why the pipeline's last run failed, or None, as a database does not know of runs."""
        return None

    def named(self, reference: str) -> NamedRelease | None:
        """The release of an id, of the beginning of one, or of a candidate's name.

        Raises CallError when there is none. None from a database, which does not know these names.
        """
        return None

    def references(self, most: int) -> Mapping[str, str] | None:
        """The ids of releases that can be read, by what `named` calls them, the newest first.

        First all candidates, by name; then those of the last `most` published releases that the
        store still has. None from a database, like `named`.
        """
        return None

    @abstractmethod
    def close(self) -> None:
        """Close connections; the next call opens new ones.

        A call that runs meanwhile in another thread answers, or raises a MedallionError.
        """

    def _answer(
        self,
        table: str,
        ask: Callable[[Release, Served], T],
        position: CursorPosition | None = None,
    ) -> T:
        """The answer from the release of a cursor, or of this store.

        When the active release was pruned since it was looked up, the next one answers.
        """
        for _ in range(_ATTEMPTS):
            release = self.release()
            if position is not None and position.release != release.id:
                release = self.kept(position.release)
            served = served_table(self.tables_of(release), table)
            try:
                return ask(release, served)
            except GoneError:
                if position is not None or self.pinned is not None:
                    raise
        raise SinkError(
            f"{table!r} of release {release.id} is lost, or releases are pruned faster than it "
            "can be read",
            hint=REPAIR,
        )
