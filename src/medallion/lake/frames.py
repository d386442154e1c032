"""Frames of a lake: tables, their quality and quarantined rows, as Arrow, pandas or Polars."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from medallion.contracts import literal
from medallion.lake.quality import quality_of
from medallion.plural import count_of
from medallion.records import REJECT_COLUMNS, File, Record, Release
from medallion.records.html import html_table
from medallion.storage import Storage
from medallion.storage.digests import Stored, verified

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from medallion.contracts import Relation

SHOWN = 20  # rows of a frame in a notebook


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
            from medallion.errors import NotInstalledError

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

    Parameters: `storage` is the lake's, `files` are the rejects by table.
    """

    def __init__(self, storage: Storage, files: Mapping[str, File]) -> None:
        self._storage = storage
        self._files = dict(files)

    def __len__(self) -> int:
        return sum(file.rows for file in self._files.values())

    def __repr__(self) -> str:
        return (
            f"<Quarantine: {count_of(len(self), 'row')} of {', '.join(self._files) or 'no table'}>"
        )

    def _repr_html_(self) -> str:
        return html_table(repr(self), REJECT_COLUMNS, self.scan().limit(SHOWN).fetchall())

    def scan(self) -> Relation:
        """The rows as a lazy DuckDB relation, in the order of tables, files and records."""
        import duckdb

        connection = duckdb.connect()
        if not self._files:
            names = (
                f'null::{"bigint" if name == "record" else "varchar"} as "{name}"'
                for name in REJECT_COLUMNS
            )
            return connection.sql(f"select {', '.join(names)} where false")
        local = verified(self._storage, [Stored.of(file) for file in self._files.values()])
        paths = ", ".join(literal(str(path)) for path in local)
        columns = ", ".join(f'"{name}"' for name in REJECT_COLUMNS)
        rejects = f"read_parquet([{paths}], union_by_name = true)"
        return connection.sql(f'select {columns} from {rejects} order by "table", file, record')

    def to_arrow(self) -> pa.Table:
        return self.scan().to_arrow_table()


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
        for phase, figures in [("", quality), *((tally.label, tally) for tally in quality.later)]:
            rows.append({"table": name, "phase": phase, **_figures(figures)})
    return Listing(f"quality of release {release.id}", rows)


def _figures(figures: Record) -> dict[str, Any]:
    return figures.model_dump(include={"rows_in", "kept", "deduplicated", "dropped", "quarantined"})
