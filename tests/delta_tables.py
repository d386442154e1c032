"""Delta tables as other programs read them, with deltalake and with Polars."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable

import medallion as md


def reader_options(options: dict[str, Any]) -> dict[str, str]:
    """What deltalake and Polars need to reach the S3 server of a lake."""
    names = {
        "endpoint_url": "AWS_ENDPOINT_URL",
        "key": "AWS_ACCESS_KEY_ID",
        "secret": "AWS_SECRET_ACCESS_KEY",
    }
    given = {names[key]: str(value) for key, value in options.items() if key in names}
    return {**given, "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true"} if given else {}


class DeltaReader:
    """A table of a pipeline, by its full name, as a program that knows nothing of medallion."""

    def __init__(self, pipeline: md.Pipeline, table: str) -> None:
        layer, _, plain = table.partition(".")
        own = pipeline.declaration.layers[layer]
        self.url = f"{pipeline.lake.layer_storage(layer, own).url}/{plain}"
        self.options = reader_options(dict(pipeline.lake.options or {}))

    def log(self, version: int | None = None) -> DeltaTable:
        return DeltaTable(self.url, version=version, storage_options=self.options or None)

    def rows(self, version: int | None = None) -> list[dict[str, Any]]:
        """The rows, which both programs must read alike, sorted."""
        rows = pa.table(self.log(version).scan()).to_pylist()
        frame = pl.read_delta(self.url, version=version, storage_options=self.options or None)
        assert normal(frame.to_dicts()) == normal(rows)
        return normal(rows)

    def count(self) -> int:
        """The number of rows, as both programs count them."""
        rows = sum(len(batch) for batch in pa.RecordBatchReader.from_stream(self.log().scan()))
        frame = pl.scan_delta(self.url, storage_options=self.options or None)
        assert frame.select(pl.len()).collect().item() == rows
        return rows

    def releases(self) -> list[str]:
        """The releases of the versions in the log, oldest first."""
        return [commit.get("userMetadata", "") for commit in reversed(self.log().history())]


def normal(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=str)


def lake_rows(
    pipeline: md.Pipeline, table: str, release: str | None = None
) -> list[dict[str, Any]]:
    """The rows of a table in the lake, sorted."""
    return normal(pipeline.lake.table(table, release).to_arrow().to_pylist())


def check_logs(pipeline: md.Pipeline) -> None:
    """Check that the newest version of each log is the published release, and is whole."""
    release = pipeline.lake.current()
    assert release
    for name in release.tables:
        if pipeline.declaration.layers[name.partition(".")[0]].has_log:
            reader = DeltaReader(pipeline, name)
            assert reader.releases()[-1] == release.id
            assert reader.rows() == lake_rows(pipeline, name)
