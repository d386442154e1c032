"""The contract of stores: the query side of a sink."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from medallion.query.query import Page, Query
from medallion.records import Release, Served

if TYPE_CHECKING:
    import pyarrow as pa

    Batches: TypeAlias = pa.RecordBatchReader


@dataclass(frozen=True)
class Failure:
    """Why the last `run` failed; `since` is the first failure after the last success."""

    run: str
    reason: str
    since: datetime


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
    """

    @abstractmethod
    def release(self) -> Release:
        """The active release. Raises SinkError when nothing was published."""

    def tables(self) -> Mapping[str, Served]:
        """The served tables by plain name, with columns, key and number of rows."""
        release = self.release()
        return next((tables for tables in release.served.values() if tables), {})

    @abstractmethod
    def find(self, table: str, query: Query) -> Page:
        """One page of the matching rows: at most `query.limit`, with the columns `query.fields`.

        A cursor continues on the release of its first page, also after another was activated.
        Raises CallError for a damaged cursor and for one of another query, and GoneError, which is
        a CallError, when the release of a cursor was pruned.
        """

    @abstractmethod
    def get(self, table: str, key: object) -> dict[str, Any] | None:
        """The row with this key, or None.

        Parameters: `key` is a value, or a tuple of values for a key of several columns. Raises
        CallError for a table without a key, and for another number of values.
        """

    @abstractmethod
    def count(self, table: str, query: Query) -> int:
        """The number of rows that match `query.filters`; the rest of the query is not used."""

    @abstractmethod
    def group(
        self, table: str, by: Sequence[str], metrics: Mapping[str, str], query: Query
    ) -> list[dict[str, Any]]:
        """Groups of matching rows with equal values of `by`, each with its metrics.

        Parameters:

        - `by`: columns, `bin(number, width)`, `year(date)`, `month(date)` or `day(date)`; a result
          row has them under the column's name. Null is a group of its own. Without `by` all rows
          are one group, even when none matches.
        - `metrics`: expressions by name of the result column: `count()`, `sum(column)`,
          `min(column)`, `max(column)`, `mean(column)`, `mean(column, weight)`, `median(column)`,
          `quantile(column, 0.95)`, interpolated linearly, or a ratio of sums and counts such as
          `sum(revenue) / count()`. They ignore nulls; a metric of no value, a division by 0 and a
          sum of infinities of both signs are null. Sums of decimals and integers are exact; means,
          quantiles and ratios are floating point.
        - `query`: `filters` select the rows; `sort` and `limit` apply to the result and may name
          its columns only, and groups that `sort` leaves equal are ordered by `by`. `cursor` and
          `fields` are not used.
        """

    @abstractmethod
    def scan(self, table: str, query: Query) -> Iterator[list[dict[str, Any]]]:
        """All matching rows in the order of `query.sort`, in batches, without loading them all.

        All batches are from one release; raises GoneError or SinkError when that is pruned
        meanwhile. `query.limit` and `query.cursor` are not used.
        """

    def at(self, release: Release | None, seconds: float | None = None) -> Store:
        """This store pinned to `release` (None: the active one), with queries of at most `seconds`.

        Its methods raise GoneError when the release was pruned, and OvertimeError when the database
        ended a query at the time limit, which for a scan is the time until its first batch. Close
        only the original store. The default, for stores that support neither, returns the store
        itself; `Page.release` then names the release that was read.
        """
        return self

    def failure(self) -> Failure | None:
        """Why the pipeline's last run failed, or None, as a database does not know of runs."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Close connections; the next call opens new ones."""
