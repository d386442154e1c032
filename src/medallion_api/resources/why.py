"""The source records behind a row: `/why/country_stats/France?limit=100`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import falcon
from pydantic import BaseModel, ConfigDict, JsonValue

from medallion.errors import CallError, did_you_mean
from medallion.lineage.origin_trace import why
from medallion.pipeline import Pipeline
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.representations import to_json
from medallion_api.resources.lake_work import LakeWork
from medallion_api.resources.parameters import refuse_unknown
from medallion_api.resources.rows import key_of_path

if TYPE_CHECKING:
    from falcon import Request, Response

    from medallion.lineage.origins import Origins

MOST_RECORDS = 10_000
RECORDS = 100
PARAMETERS = ("limit", "removed")


class InexactTable(BaseModel):
    """A table that cannot be traced exactly, and the tables that it reads."""

    model_config = ConfigDict(extra="forbid")

    table: str
    message: str
    inputs: list[str]


class FileRecords(BaseModel):
    """How many records of a source file were traced."""

    model_config = ConfigDict(extra="forbid")

    table: str
    file: str
    records: int


class RecordCorrection(BaseModel):
    """A correction that was read in place of a record: the original, and the corrected columns."""

    model_config = ConfigDict(extra="forbid")

    id: str
    original: dict[str, JsonValue]
    values: dict[str, str | None]


class SourceRecord(BaseModel):
    """A record of a source file; `row` has its fields as they are in the file, or corrected."""

    model_config = ConfigDict(extra="forbid")

    table: str
    file: str
    record: int
    row: dict[str, JsonValue]
    correction: RecordCorrection | None = None


class RemovedRecord(SourceRecord):
    """A record that would also have counted, and why it was not kept."""

    fate: str
    rule: str
    column: str | None
    value: str | None


class WhyReply(BaseModel):
    """The source records behind a row, or those that would also have counted."""

    model_config = ConfigDict(extra="forbid")

    release: str
    table: str
    rows: int
    exact: bool
    inexact: list[InexactTable]
    source_records: int
    files: list[FileRecords]
    records: list[SourceRecord | RemovedRecord]


class Why:
    """Reads the lake, unlike the paths of tables.

    With `removed=true`, the records are those that would also have counted.
    """

    def __init__(self, reading: ReleaseReader, pipeline: Pipeline, work: LakeWork) -> None:
        self._reading = reading
        self._pipeline = pipeline
        self._work = work

    def on_get(self, req: Request, resp: Response, table: str, key: str) -> None:
        self._reading.may_wait()
        refuse_unknown(req, PARAMETERS)
        limit = req.get_param_as_int("limit", min_value=0, max_value=MOST_RECORDS, default=RECORDS)
        removed = req.get_param_as_bool("removed", default=False)
        release = self._reading.release()
        served = self._reading.served(release)
        if table not in served:
            what = f"release {release.id} has no table {table[:80]!r}"
            raise falcon.HTTPNotFound(description=what + did_you_mean(table, served))
        values = key_of_path(served[table], key)
        name, context = served[table].table, self._pipeline.context
        with self._work.begin() as work, duckdb.connect() as connection, work.on(connection):
            try:
                origins = why(context, name, values, release=release.id, connection=connection)
            except CallError as error:
                raise falcon.HTTPNotFound(description=error.message) from error
            if not origins.rows:
                raise falcon.HTTPNotFound(description="no such row")
            resp.data = to_json(_reply(origins, limit, removed=bool(removed)))
        resp.content_type = "application/json"
        resp.set_header("Cache-Control", "no-store")
        resp.set_header("X-Release", release.id)

    on_head = on_get


def _reply(origins: Origins, limit: int | None, *, removed: bool) -> dict[str, Any]:
    records = origins.removed() if removed else origins.records(limit)
    return {**origins.summary(), "records": origins.as_dicts(records.limit(limit or 0))}
