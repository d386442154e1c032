"""What differs between two releases: `/releases/20261123-2229/diff/20261124-0810?table=sales`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import falcon

from medallion.errors import CallError
from medallion.identifiers import TableName
from medallion.lake.candidates import NAME
from medallion.lineage.diff import compare_releases
from medallion.lineage.release_diff import ReleaseDiff
from medallion.pipeline import Pipeline
from medallion.records import Release
from medallion_api.cache.named_releases import NamedReleases
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.cache.response_cache import Replies, Reply, tag_of
from medallion_api.resources.lake_work import LakeWork
from medallion_api.resources.parameters import refuse_unknown
from medallion_api.resources.release_resource import Released, unknown_release

if TYPE_CHECKING:
    from falcon import Request, Response

MOST_ROWS = 1000  # of each table
ROWS = 20
PARAMETERS = ("table", "limit")


class Differences(Released):
    """The differences of the served tables. Causes are left out: they name source files."""

    def __init__(
        self,
        reading: ReleaseReader,
        replies: Replies,
        pipeline: Pipeline,
        names: NamedReleases,
        work: LakeWork,
    ) -> None:
        super().__init__(reading, replies)
        self._pipeline = pipeline
        self._names = names
        self._work = work

    def answer(self, req: Request, resp: Response, release: Release, **params: str) -> Reply | None:
        self.reading.may_wait()
        refuse_unknown(req, PARAMETERS)
        limit = req.get_param_as_int("limit", min_value=0, max_value=MOST_ROWS, default=ROWS)
        sides = params["before"], params["after"]
        try:
            releases = [self._names.release(side) for side in sides]
        except CallError as error:
            raise unknown_release(error) from error
        diff = self._diff(releases, req.get_param("table"), limit)
        # Decimals are text, as in the values of rows.
        body = diff.model_dump_json().encode()
        if any(NAME.fullmatch(side) for side in sides):  # another candidate may get the name
            resp.data, resp.content_type = body, "application/json"
            resp.set_header("Cache-Control", "no-store")
            return None
        tag = tag_of(diff.after, body.decode())
        return self.reply(req, release, tag, [("Content-Type", "application/json")], body)

    def _diff(
        self, releases: Sequence[Release], table: str | None, limit: int | None
    ) -> ReleaseDiff:
        """The differences of one served table, or of all."""
        lake, declaration = self._pipeline.lake, self._pipeline.declaration
        known = {name for release in releases for name in release.tables}
        served = {TableName(name).table: name for name in declaration.served() if name in known}
        if table is not None and table not in served:
            raise falcon.HTTPNotFound(description=f"there is no table {table[:80]!r}")
        tables = list(served.values()) if table is None else [served[table]]
        before, after = releases
        with self._work.begin() as work:
            diff = compare_releases(
                lake, declaration, before, after, tables=tables, rows=limit, watch=work.on
            )
        without = tuple(item.model_copy(update={"causes": ()}) for item in diff.tables)
        return diff.model_copy(update={"tables": without})
