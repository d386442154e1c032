"""The rows that a table rejected, or kept with a warning: `/quarantine/silver.orders?rule=cast`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import duckdb
import falcon
from pydantic import BaseModel, ConfigDict, JsonValue

from medallion.errors import CallError
from medallion.lake.frames import rejects_of
from medallion.lake.reject_filter import RejectFilter
from medallion.lineage.warned_rows import warned_rows
from medallion.pipeline import Pipeline
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.representations import to_json
from medallion_api.resources.lake_work import LakeWork
from medallion_api.resources.parameters import refuse_unknown

if TYPE_CHECKING:
    from falcon import Request, Response

    from medallion.contracts import Connection
    from medallion.lake.frames import Quarantine

QUARANTINE = "/quarantine/{table}"
MOST_REJECTS = 10_000
REJECTS = 100
NAMES = ("rule", "file", "column")
PARAMETERS = ("limit", "warned", *NAMES)


class RejectedRow(BaseModel):
    """A row with the rule that it broke; `row` has the fields of its record as in the file."""

    model_config = ConfigDict(extra="forbid")

    table: str
    file: str | None
    record: int | None
    rule: str
    column: str | None
    value: str | None
    run: str
    row: dict[str, JsonValue]


class QuarantineReply(BaseModel):
    """Rows of a table that broke a rule: how many there are, and the first ones.

    `inexact` says of which tables the rules say something else than in the run.
    """

    model_config = ConfigDict(extra="forbid")

    release: str
    table: str
    warned: bool
    inexact: list[str]
    count: int
    rows: list[RejectedRow]


class QuarantineResource:
    """Reads the lake, unlike the paths of tables.

    With `warned=true`, the rows are those that were kept although they break a rule.
    """

    def __init__(self, reading: ReleaseReader, pipeline: Pipeline, work: LakeWork) -> None:
        self._reading = reading
        self._pipeline = pipeline
        self._work = work

    def on_get(self, req: Request, resp: Response, table: str) -> None:
        self._reading.may_wait()
        refuse_unknown(req, PARAMETERS)
        limit = req.get_param_as_int("limit", min_value=0, max_value=MOST_REJECTS, default=REJECTS)
        warned = bool(req.get_param_as_bool("warned", default=False))
        names = [req.get_param_as_list(name) or [] for name in NAMES]
        release = self._reading.release()
        if table not in release.tables:
            raise falcon.HTTPNotFound(description=f"there is no table {table[:80]!r}")
        with self._work.begin() as work, duckdb.connect() as connection, work.on(connection):
            try:
                rows = self._rows(table, release.id, names, connection, warned=warned)
                body = _reply(rows, limit or 0)
            except CallError as error:
                raise falcon.HTTPBadRequest(description=error.message) from error
        about = {"release": release.id, "table": table, "warned": warned}
        resp.data = to_json({**about, **body})
        resp.content_type = "application/json"
        resp.set_header("Cache-Control", "no-store")
        resp.set_header("X-Release", release.id)

    on_head = on_get

    def _rows(
        self,
        table: str,
        release: str,
        names: Sequence[list[str]],
        connection: Connection,
        *,
        warned: bool,
    ) -> Quarantine:
        rule, file, column = names
        if warned:
            return warned_rows(
                self._pipeline.context,
                table,
                release,
                rule=rule,
                file=file,
                column=column,
                connection=connection,
            )
        lake = self._pipeline.lake
        wanted = RejectFilter.of(rule, file, column)
        return rejects_of(lake.storage, lake.release(release), table, wanted, connection)


def _reply(rows: Quarantine, limit: int) -> dict[str, Any]:
    listed = rows.scan().limit(limit).to_arrow_table().to_pylist()
    return {
        "inexact": list(rows.inexact),
        "count": len(rows),
        "rows": [{**row, "row": json.loads(row["row"])} for row in listed],
    }
