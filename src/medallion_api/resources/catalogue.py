"""Which tables are served: `/tables`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

from medallion.records import Release, Served
from medallion_api.resources.release_resource import Released

if TYPE_CHECKING:
    from falcon import Request, Response

    from medallion_api.cache.response_cache import Reply


class ColumnSummary(BaseModel):
    """One column of a served table: its name, its type, such as `decimal(12,2)`, and what it means.

    `description` is empty if the declaration has none.
    """

    name: str
    type: str
    description: str = ""


class TableSummary(BaseModel):
    """One served table: its path, its rows, the columns of its key, and all columns.

    `description` is empty if the declaration has none.
    """

    name: str
    path: str
    description: str = ""
    rows: int
    key: tuple[str, ...]
    columns: tuple[ColumnSummary, ...]


class TableList(BaseModel):
    """The tables that a release serves."""

    release: str
    tables: tuple[TableSummary, ...]


class Catalogue(Released):
    """Lists the served tables."""

    def answer(self, req: Request, resp: Response, release: Release, **params: str) -> Reply | None:
        tables = tuple(
            _summary(name, f"{req.root_path}/tables/{name}", served, release)
            for name, served in sorted(self.reading.served(release).items())
        )
        return self.json(
            req, resp, release, TableList(release=release.id, tables=tables).model_dump()
        )


def _summary(name: str, path: str, served: Served, release: Release) -> TableSummary:
    description = release.described(served.table)
    texts = description.columns
    return TableSummary(
        name=name,
        path=path,
        description=description.text,
        rows=served.rows,
        key=served.key,
        columns=tuple(
            ColumnSummary(
                name=column.name, type=column.type, description=texts.get(column.name, "")
            )
            for column in served.columns
        ),
    )
