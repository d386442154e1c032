"""The source records behind rows of a served table, traced in the lake for a visitor."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medallion.contracts import quote
from medallion.errors import CallError, MedallionError
from medallion.export.files import FileFormat, write_file
from medallion.lineage.origin_trace import why
from medallion.pipeline import Pipeline
from medallion.query.column_types import Kind, kind_of
from medallion.query.lake_groups import metric_sql
from medallion.query.metrics import MetricCall, metric_call
from medallion_panel.data.cancellable import Cancellable
from medallion_panel.data.stores import API_URL

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation
    from medallion.lineage.origins import Origins

AT_ONCE = 2  # traces of all visitors of a process
FIRST = 20  # records that are shown
_SAME = 1e-9  # relative difference of floating point sums


@dataclass(frozen=True)
class OriginQuestion:
    """Which rows to trace: those of `table` (by its full name) in a `release` that meet
    `condition`; `metric` is the figure over them.
    """

    table: str
    release: str
    condition: str = ""
    metric: str = "count()"


@dataclass(frozen=True)
class TracedSum:
    """A sum over rows of a table on the way, which is equal to the figure."""

    column: str
    rows: int
    value: Any


@dataclass(frozen=True)
class OriginSummary:
    """What was traced.

    `figure` is the metric over the `rows` in the lake, and `sums` are equal to it. `files` are
    (table, file, records), `first` the first records, and `inexact` the steps that cannot be
    followed exactly.
    """

    rows: int
    figure: Any
    records: int
    files: Sequence[tuple[str, str, int]]
    first: Sequence[dict[str, Any]]
    inexact: Sequence[str]
    sums: Sequence[TracedSum]


@dataclass(frozen=True)
class RemovedSummary:
    """Records that would have counted: `counts` by table, fate and rule, and the `first` ones."""

    counts: Sequence[dict[str, Any]] = ()
    first: Sequence[dict[str, Any]] = field(default_factory=tuple)

    @property
    def records(self) -> int:
        return sum(int(row["records"]) for row in self.counts)


class OriginReader:
    """Traces rows for all visitors of a process, a few at a time, in threads of its own."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dashboard-why")

    def trace(self, question: OriginQuestion) -> Trace:
        """A trace, of which nothing is computed yet."""
        return Trace(self._pipeline, question)


class Trace(Cancellable):
    """One trace: its methods read in threads, one at a time, until `cancel` ends it.

    They raise MedallionError when rows cannot be traced, and CancelledError after `cancel`.
    """

    def __init__(self, pipeline: Pipeline, question: OriginQuestion) -> None:
        super().__init__()
        self._pipeline, self.question = pipeline, question
        self._connection: Connection | None = None
        self._origins: Origins | None = None

    @property
    def started(self) -> bool:
        return self._connection is not None

    def origins(self) -> OriginSummary:
        """The source records behind the rows."""
        with self.working():
            origins, question = self._traced(), self.question
            kinds = self._kinds(question.table, origins)
            rows = origins.rows_of(question.table)
            call = metric_call(question.metric, columns=kinds)
            ((figure,),) = rows.aggregate(metric_sql(call, kinds)).fetchall()
            return OriginSummary(
                rows=origins.rows,
                figure=figure,
                records=len(origins),
                files=[(file.table, file.file, file.records) for file in origins.files],
                first=_records(origins.records(FIRST)),
                inexact=[str(note) for note in origins.inexact],
                sums=list(self._sums(origins, call, figure)),
            )

    def removed(self) -> RemovedSummary:
        """The records that would have counted."""
        with self.working():
            origins = self._traced()
            return RemovedSummary(origins.removed_counts, _records(origins.removed().limit(FIRST)))

    def file(self, form: FileFormat, *, removed: bool) -> bytes:
        """All records as a file."""
        with self.working(), tempfile.TemporaryDirectory(prefix="medallion-") as folder:
            origins = self._traced()
            path = Path(folder) / f"records.{form}"
            write_file(origins.removed() if removed else origins.records(), form, path)
            return path.read_bytes()

    def interrupt(self) -> None:
        if self._connection is not None:
            self._connection.interrupt()

    def close(self) -> None:
        with self.lock:
            connection, self._connection, self._origins = self._connection, None, None
        if connection is not None:
            connection.close()

    def _traced(self) -> Origins:
        import duckdb

        if self._origins is None:
            question = self.question
            if os.environ.get(API_URL):
                self._require_lake()
            with self.lock:
                connection = self._connection = self._connection or duckdb.connect()
            self._origins = why(
                self._pipeline.context,
                question.table,
                question.condition or None,
                column=self._column(),
                release=question.release,
                connection=connection,
            )
        return self._origins

    def _require_lake(self) -> None:
        """Raise CallError where the dashboard reads an API and the lake is unreachable."""
        try:
            self._pipeline.lake.release(self.question.release)
        except MedallionError as error:
            release = self.question.release
            raise CallError(
                f"this dashboard reads an API, and has no lake with release {release}",
                hint="rows can be traced in the lake only",
            ) from error

    def _column(self) -> str | None:
        """The column of the figure, whose tables alone matter; None for a number of rows."""
        columns = metric_call(self.question.metric).columns
        return columns[0] if len(columns) == 1 else None

    def _kinds(self, table: str, origins: Origins) -> dict[str, Kind]:
        snapshot = origins.release.tables[table]
        return {column.name: kind_of(column.type) for column in snapshot.columns}

    def _sums(self, origins: Origins, call: MetricCall, figure: Any) -> Iterator[TracedSum]:
        """The sums of what the figure is made of that are equal to it, from the sources on."""
        if call.function != "sum" or figure is None:
            return
        for table in origins.tables:
            snapshot = origins.release.tables.get(table)
            made_of = (origins.columns or {}).get(table, ())
            if snapshot is None or table == self.question.table or len(made_of) != 1:
                continue
            numbers = [
                column.name
                for column in snapshot.columns
                if column.name in made_of
                and kind_of(column.type).name in ("integer", "decimal", "float")
            ]
            for name in numbers:
                sums = origins.rows_of(table).aggregate(f"sum({quote(name)}), count(*)")
                ((value, rows),) = sums.fetchall()
                if _equal(value, figure):
                    yield TracedSum(f"{table}.{name}", rows, value)


def _records(rows: Relation) -> list[dict[str, Any]]:
    return [{**row, "row": json.loads(row["row"])} for row in rows.to_arrow_table().to_pylist()]


def _equal(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return False
    if isinstance(one, float) or isinstance(other, float):
        return math.isclose(float(one), float(other), rel_tol=_SAME)
    return Decimal(one) == Decimal(other)
