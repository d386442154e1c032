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
