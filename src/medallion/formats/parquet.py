"""The Parquet format: rows and types as they stand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from medallion.contracts import Format, Parsed
from medallion.errors import SourceError
from medallion.formats import parquet_file
from medallion.formats.names import check_names
from medallion.formats.source import check_readable, whole

if TYPE_CHECKING:
    from medallion.contracts import Connection

_MAGIC = b"PAR1"


class Parquet(Format):
    """A Parquet file: its columns come with their types, nested ones too.

    ```yaml
    tables:
      bronze:
        events: {source: "data/events/*.parquet"}
    ```
    """

    name: ClassVar[str] = "parquet"
    suffixes: ClassVar[tuple[str, ...]] = (".parquet", ".pq")

    def parse(self, source: Path, name: str, target: Path, connection: Connection) -> Parsed:
        import duckdb
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not check_readable(source, name).startswith(_MAGIC):
            raise SourceError(f"{name}: is no Parquet file", hint="declare the `format` it is in")
        try:
            names = pq.read_schema(source).names
            check_names(name, names)
            if not names:
                raise SourceError(f"{name}: has no columns", hint="take it out of `source`")
            with whole(target) as part:
                rows = parquet_file.write(f"from {parquet_file.scan(source)}", part, connection)
                columns = parquet_file.columns(part, connection)
        except (duckdb.InvalidInputException, duckdb.IOException, pa.ArrowException) as error:
            raise SourceError(
                f"{name}: is cut short or corrupt: {_first_line(error)}", hint="fetch the file again"
            ) from error
        return Parsed(columns, rows, warnings=() if rows else ("has no rows",))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
