"""A table of a release in the frames people work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion.contracts import ORIGIN, ROW, Input, quote
from medallion.errors import MissingError
from medallion.records import Column, Release, Snapshot
from medallion.storage.digests import REPAIR

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from medallion.contracts import Relation


class LakeTable:
    """One table as one release has it; nothing is read before a frame is asked for.

    Parameters: `source` says where its snapshot lies, `release` which release was asked.
    """

    def __init__(self, source: Input, release: Release) -> None:
        self._source = source
        self.release = release

    @property
    def snapshot(self) -> Snapshot:
        return self._source.snapshot

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.snapshot.columns

    def __len__(self) -> int:
        return self.snapshot.rows

    def scan(self) -> Relation:
        """A lazy DuckDB relation on a connection of its own, for filters and SQL without reading the whole."""
        import duckdb

        connection = duckdb.connect()
        connection.execute("set TimeZone = 'UTC'").fetchall()
        try:
            rows = self._source.layer.scan(self._source.storage, self.snapshot, connection)
        except MissingError as error:
            raise MissingError(error.message, hint=REPAIR) from error
        if self.snapshot.identified:
            rows = rows.order(ROW)  # as in the source files; a first few rows do not need all to be sorted
        return rows.project(", ".join(quote(name) for name in rows.columns if name not in (ROW, ORIGIN)))

    def to_arrow(self) -> pa.Table:
        """The whole table as a `pyarrow.Table`."""
        return self.scan().to_arrow_table()

    def to_pandas(self) -> pd.DataFrame:
        """The whole table as a `pandas.DataFrame` with Arrow types, so that decimals stay exact and nulls null."""
        import pandas as pd

        frame: pd.DataFrame = self.to_arrow().to_pandas(types_mapper=pd.ArrowDtype)
        return frame

    def to_polars(self) -> pl.DataFrame:
        """The whole table as a `polars.DataFrame`. Needs polars (`pip install 'medallion-lake[polars]'`)."""
        try:
            import polars as pl
        except ImportError as error:
            from medallion.errors import PluginError

            raise PluginError("polars is not installed", hint="pip install 'medallion-lake[polars]'") from error
        frame = pl.from_arrow(self.to_arrow())
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - from_arrow gives a Series only for an array
        return frame
