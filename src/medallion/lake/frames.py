"""Frames of a lake: tables, their quality and quarantined rows, as Arrow, pandas or Polars."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from medallion.errors import NotInstalledError
from medallion.lake.quarantine import rejects_sql
from medallion.lake.reject_filter import ALL, KnownNames, RejectFilter, require_table
from medallion.plural import count_of
from medallion.records import REJECT_COLUMNS, File, Release, Run, Snapshot, StepRun, Tally
from medallion.records.html import html_table
from medallion.records.quality import FIGURES, TableQuality, quality_of
from medallion.storage import Storage
from medallion.storage.digests import Stored, verified

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from medallion.contracts import Connection, Relation

SHOWN = 20  # rows of a frame in a notebook
NO_REJECTS = "select {} where false".format(
    ", ".join(
        f'null::{"bigint" if name == "record" else "varchar"} as "{name}"'
        for name in REJECT_COLUMNS
    )
)


class Frames(ABC):
    """Rows that convert to an Arrow table or to a frame of pandas or Polars."""

    @abstractmethod
    def to_arrow(self) -> pa.Table:
        """All rows as a `pyarrow.Table`."""

    def to_pandas(self) -> pd.DataFrame:
        """All rows as a `pandas.DataFrame`; Arrow types keep decimals and nulls exact."""
        import pandas as pd

        frame: pd.DataFrame = self.to_arrow().to_pandas(types_mapper=pd.ArrowDtype)
        return frame

    def to_polars(self) -> pl.DataFrame:
        """All rows as a `polars.DataFrame`; needs `pip install 'medallion-lake[polars]'`."""
        try:
            import polars as pl
        except ImportError as error:
            raise NotInstalledError(
                "polars is not installed", hint="pip install 'medallion-lake[polars]'"
            ) from error
        frame = pl.from_arrow(self.to_arrow())
        # `from_arrow` returns a Series only for an array.
        assert isinstance(frame, pl.DataFrame)  # noqa: S101
        return frame


class Listing(Frames):
    """A few rows in memory, such as the tables of a release; each is a dict."""

    def __init__(self, title: str, rows: Iterable[Mapping[str, Any]]) -> None:
        self.title = title
        self.rows = [dict(row) for row in rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __repr__(self) -> str:
        lines = (
            "  ".join(f"{name}={value}" for name, value in row.items()) for row in self.rows[:SHOWN]
        )
        return "\n".join([f"<{self.title}: {len(self.rows)}>", *lines])

    def _repr_html_(self) -> str:
        columns = list(self.rows[0]) if self.rows else []
        return html_table(self.title, columns, (list(row.values()) for row in self.rows[:SHOWN]))

    def to_arrow(self) -> pa.Table:
        import pyarrow as pa

        return pa.Table.from_pylist(self.rows)


class Quarantine(Frames):
    """Quarantined rows, each with its file, record number, rule and the value that broke it.

    Parameters: `storage` is the lake's, `files` are those of the rejects by table; `wanted` limits
    the rows, by names of which `known` has more than the rows; `connection` reads them, by default
    a new one. Raises CallError for an unknown name.
    """

    place: ClassVar[str] = "in quarantine"
    inexact: tuple[str, ...] = ()  # what is not as it was in the run

    def __init__(
        self,
        storage: Storage,
        files: Mapping[str, Sequence[File]],
        wanted: RejectFilter = ALL,
        known: Callable[[], KnownNames] = KnownNames,
        connection: Connection | None = None,
    ) -> None:
        self._storage = storage
        self._files = dict(files)
        self._wanted = wanted
        self._known = known
        self._connection = connection
        self._condition: str | None = None  # of the wanted rows, once they were read
        if wanted:
            self.scan()  # raises CallError for an unknown name

    def __len__(self) -> int:
        if self._wanted:
            return len(self.scan())
        return sum(file.rows for files in self._files.values() for file in files)

    def __repr__(self) -> str:
        return (
            f"<Quarantine: {count_of(len(self), 'row')} of {', '.join(self._files) or 'no table'}>"
        )

    def _repr_html_(self) -> str:
        return html_table(repr(self), REJECT_COLUMNS, self.scan().limit(SHOWN).fetchall())

    def scan(self) -> Relation:
        """The rows as a lazy DuckDB relation, in the order of tables, files and records."""
        import duckdb

        connection = self._connection or duckdb.connect()
        files = [file for each in self._files.values() for file in each]
        if not files:
            return connection.sql(NO_REJECTS)
        local = verified(self._storage, map(Stored.of, files))
        columns = ", ".join(f'"{name}"' for name in REJECT_COLUMNS)
        rows = connection.sql(f"select {columns} from {rejects_sql(local)}")
        return self._chosen(rows).order('"table", file, record')

    def _chosen(self, rows: Relation) -> Relation:
        if not self._wanted:
            return rows
        if self._condition is None:
            self._condition = self._wanted.condition(rows, self._known)
        return rows.filter(self._condition)

    def to_arrow(self) -> pa.Table:
        return self.scan().to_arrow_table()


def rejects_of(
    storage: Storage,
    source: Release | Run,
    table: str | None,
    wanted: RejectFilter,
    connection: Connection | None = None,
) -> Quarantine:
    """The quarantined rows of a release, or of a run, even a failed one.

    Raises CallError for an unknown table, rule or column.
    """
    tables: Mapping[str, Snapshot | StepRun]
    known: Callable[[], KnownNames] = KnownNames
    if isinstance(source, Release):
        place, tables = f"release {source.id}", source.tables
        known = partial(KnownNames.of, source.tables, table)
    else:
        place, tables = f"run {source.id}", {step.table: step for step in source.steps}
    if table is not None:
        require_table(table, place, tables)
    selected = {table: tables[table]} if table else tables
    files = {name: record.rejects for name, record in selected.items() if record.rejects}
    return Quarantine(storage, files, wanted, known, connection)


def tables_of(release: Release) -> Listing:
    """The tables of a release."""
    rows = (
        {
            "table": name,
            "rows": snapshot.rows,
            "bytes": snapshot.bytes,
            "columns": ", ".join(column.name for column in snapshot.columns),
            "computed": snapshot.created,
        }
        for name, snapshot in release.tables.items()
    )
    return Listing(f"tables of release {release.id}", rows)


def quality_listing(release: Release) -> Listing:
    """Where the rows of each table of a release went; a phase after a change of grain has its own
    row.
    """
    rows: list[dict[str, Any]] = []
    for name, snapshot in release.tables.items():
        quality = quality_of(snapshot)
        phases: list[tuple[str, TableQuality | Tally]] = [("", quality)]
        phases += [(tally.label, tally) for tally in quality.later]
        for phase, figures in phases:
            rows.append({"table": name, "phase": phase, **_figures(figures)})
    return Listing(f"quality of release {release.id}", rows)


def _figures(figures: TableQuality | Tally) -> dict[str, Any]:
    return {name: getattr(figures, name) for name in FIGURES}
