"""The `delta` source: the rows of a Delta table, of one version."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, PrivateAttr, field_validator

from medallion.contracts import DataSource, SourceItem, literal
from medallion.contracts.table_target import masked
from medallion.errors import SourceError, UnreachableError
from medallion.identifiers import digest
from medallion.secrets import SECRETS
from medallion.storage import require_packages

if TYPE_CHECKING:
    from deltalake import DeltaTable

BLOCK = 1 << 20
_DECORATION = re.compile(r"\x1b\[\d+m↳?")  # colours and arrows in messages of deltalake

_REFUSED = re.compile(r"status code:? 4(?!08|29)\d\d")  # which a retry does not change


class DeltaSource(DataSource):
    """The rows of a [Delta](https://delta.io) table, which any program writes (extra `delta`).

    A run reads one version of the table: the newest, if it has changed since the last release.
    Partition columns are columns, deleted rows are left out, and types stay as they are.

    - `path`: the folder of the table, relative to the declaration, or `s3://BUCKET/PREFIX`.
    - `at_version`: the number of the version to read; by default the newest.
    - `options`: how to reach the store, as deltalake names it (`AWS_ENDPOINT_URL`); by default as
      the environment says.

    The records are sorted by all columns, as a Delta table has no order of its own. The run fails
    for a version whose files have been removed.

    ```yaml
    tables:
      bronze:
        orders: {source: {delta: "s3://warehouse/orders"}}
        rates: {source: {delta: {path: tables/rates, at_version: 12}}}
    ```
    """

    name: ClassVar[str] = "delta"
    version: ClassVar[int] = 1
    value_field: ClassVar[str | None] = "path"
    pulled_format: ClassVar[str | Mapping[str, Any]] = "parquet"

    path: str = Field(min_length=1)
    at_version: int | None = Field(default=None, ge=0)
    options: dict[str, str] = Field(default={}, repr=False)
    _place: str = PrivateAttr(default="")

    @field_validator("path")
    @classmethod
    def _folder_or_s3(cls, path: str) -> str:
        SECRETS.add_url(path)
        if "://" in path and not path.startswith("s3://"):
            raise ValueError("write a folder or s3://BUCKET/PREFIX")
        return path

    @field_validator("options")
    @classmethod
    def _known_secrets(cls, options: dict[str, str]) -> dict[str, str]:
        SECRETS.add_variables(options)
        return options

    @property
    def label(self) -> str:
        return f"delta {self._place or masked(self.path)}"

    @property
    def database(self) -> str:
        return digest(self.model_dump(mode="json"))

    def located(self, base: Path) -> Self:
        if "://" in self.path:
            return self
        located = self.model_copy(update={"path": str(base / self.path)})
        located._place = self.path  # as it is declared, on whatever machine
        return located

    @contextmanager
    def connect(self) -> Iterator[DeltaTable]:
        require_packages(self.label, "delta", "deltalake")
        from deltalake import DeltaTable

        with self._source_errors():
            options = self.options or None
            table = DeltaTable(self.path, version=self.at_version, storage_options=options)
        yield table

    def look(
        self, connection: DeltaTable, former: Sequence[SourceItem], *, full: bool = False
    ) -> list[SourceItem]:
        token = f"version {connection.version()} of {connection.metadata().id}"
        return [SourceItem(self.label, token)]

    def pull(self, connection: DeltaTable, item: SourceItem) -> Iterator[bytes]:
        import duckdb
        import pyarrow as pa

        with self._source_errors(), tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "rows")
            with duckdb.connect() as database:
                database.execute("set timezone = 'UTC'")
                database.register("pulled", pa.RecordBatchReader.from_stream(connection.scan()))
                rows = "select * from pulled order by all"
                database.execute(f"copy ({rows}) to {literal(str(file))} (format parquet)")
            with file.open("rb") as stream:
                while block := stream.read(BLOCK):
                    yield block

    @contextmanager
    def _source_errors(self) -> Iterator[None]:
        """Turn errors of deltalake into SourceError, and those that a retry may help against."""
        import duckdb
        from deltalake.exceptions import DeltaError, TableNotFoundError

        try:
            yield
        except TableNotFoundError as error:
            message = f"{self.label}: there is no Delta table"
            raise SourceError(message, hint="correct `path`, or create the table") from error
        except (DeltaError, duckdb.Error, OSError) as error:
            message = f"{self.label}: {_plain(error)}"
            of_store = isinstance(error, OSError) or "Generic S3 error" in message
            if of_store and not _REFUSED.search(message):
                hint = "check that the store answers, and the credentials in the environment"
                raise UnreachableError(message, hint=hint) from error
            hint = "check the table with another reader; the files of a version must still exist"
            if of_store:
                hint = "correct `path`, or the credentials in the environment"
            raise SourceError(message, hint=hint) from error


def _plain(error: Exception) -> str:
    return " ".join(_DECORATION.sub("", str(error)).split())
