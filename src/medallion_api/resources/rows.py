"""Rows of tables: pages, exports and single rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import parse_qsl, urlencode

import falcon
from falcon import Request, Response

from medallion.contracts import Filter, Sort
from medallion.errors import CallError
from medallion.query.aggregation import groups_of
from medallion.query.column_types import coerce, kind_of
from medallion.query.validation import ValidatedQuery
from medallion.records import Release, Served
from medallion_api.cache.release_reader import EXPORTS
from medallion_api.cache.response_cache import Reply
from medallion_api.middleware import compression as codings
from medallion_api.middleware.exchange import stage
from medallion_api.problems import RETRY_AFTER, Fault, ParameterError
from medallion_api.representations import TEXTUAL, Rows, endless_columns, spelled, stream, to_json
from medallion_api.resources.tables import Question, TableResource

_MOST_FACET_VALUES = 100


class Listed(TableResource):
    """A table's rows by page, or with `limit=all` as one stream."""

    row = False

    def table_reply(self, req: Request, resp: Response, question: Question) -> Reply | None:
        release, query = self.validated(question)
        if question.table_query.everything:
            self._export(req, resp, question, query)
            return None
        page = self.page(req, question, release, query)
        around: dict[str, Any] = {"release": page.release, "cursor": page.cursor}
        more: dict[str, str] = {}
        if page.cursor:
            more["Link"] = f'<{_next(req, page.cursor)}>; rel="next"'
        with stage(req, "store"):
            around |= self._figures(question, page.release, query)
        if "count" in around:
            more["X_Total_Count"] = str(around["count"])
        if question.form not in TEXTUAL:
            self.reading.may_wait()
        with stage(req, "write"):
            body = b"".join(stream(question.form, question.columns, [page.rows], around))
        return self.written(req, question, page.release, body, **more)

    def _figures(self, question: Question, release: str, query: ValidatedQuery) -> dict[str, Any]:
        """The requested count and facets."""
        table_query, figures = question.table_query, dict[str, Any]()
        if not (table_query.count or table_query.facets):
            return figures
        if release != question.release.id:
            raise ParameterError(
                [
                    Fault(
                        "cursor",
                        f"belongs to {release}; counts and facets are of the active release only",
                    )
                ]
            )
        if table_query.count:
            rows = self.reading.at(question.release)
            figures["count"] = rows.read_count(question.release, query)
        if table_query.facets:
            figures["facets"] = {
                name: self._facet(question.release, query, name) for name in table_query.facets
            }
        return figures

    def _facet(self, release: Release, query: ValidatedQuery, name: str) -> list[dict[str, Any]]:
        rows = replace(query, limit=_MOST_FACET_VALUES)
        most = (Sort("facet_count", descending=True),)
        counts = groups_of(rows, [name], {"facet_count": "count()"}, most)
        groups = spelled(self.reading.at(release).read_groups(release, counts), [name])
        return [{"value": group[name], "count": group["facet_count"]} for group in groups]

    def _export(
        self, req: Request, resp: Response, question: Question, query: ValidatedQuery
    ) -> None:
        exports = self.reading.exports
        if not exports.acquire(blocking=False):
            raise falcon.HTTPServiceUnavailable(
                description=f"{EXPORTS} exports are running: try again later",
                retry_after=int(RETRY_AFTER),
            )
        try:
            parts = self._parts(req, resp, question, query)
        except BaseException:
            exports.release()
            raise
        resp.stream = _Counted(parts, exports)

    def _parts(
        self, req: Request, resp: Response, question: Question, query: ValidatedQuery
    ) -> Iterator[bytes]:
        """The parts of the export, once the store has returned its first rows."""
        rows = self.reading.at(question.release)
        batches = rows.read_batches(question.release, query)
        with stage(req, "store"):
            first = next(batches, [])
        headers = [
            ("ETag", question.tag),
            ("Cache-Control", self.replies.control),
            *question.headers(question.release.id),
        ]
        if question.table_query.count:
            headers.append(("X-Total-Count", str(rows.read_count(question.release, query))))
        around = {"release": question.release.id, "cursor": None}
        parts: Iterator[bytes] = stream(
            question.form, question.columns, chain([first], batches), around
        )
        if question.coding == "gzip":
            headers.append(("Content-Encoding", "gzip"))
            parts = codings.gzipped(parts)
        resp.set_headers(headers)
        return parts


class _Counted:
    """A stream that counts as running until it ends, is closed, or is deleted (HEAD requests)."""

    def __init__(self, parts: Iterator[bytes], under_way: BoundedSemaphore) -> None:
        self._parts = parts
        self._under_way: BoundedSemaphore | None = under_way

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._parts)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        under_way, self._under_way = self._under_way, None
        if under_way:
            under_way.release()
            close = getattr(self._parts, "close", None)
            if close:
                close()

    __del__ = close


class Single(TableResource):
    """A table's first row in its default order, such as that of a table of one row."""

    def table_reply(self, req: Request, resp: Response, question: Question) -> Reply | None:
        page = self.page(req, question, *self.validated(question))
        if not page.rows:
            raise falcon.HTTPNotFound(description="no such row")
        rows: Rows = page.rows[:1]
        with stage(req, "write"):
            if question.form == "json":
                body = to_json(spelled(rows, endless_columns(question.columns))[0])
            else:
                self.reading.may_wait()
                body = b"".join(stream(question.form, question.columns, [rows], {}))
        return self.written(req, question, page.release, body)


class Keyed(Single):
    """One row by its key: the rest of the path has its parts in the order of the key's columns."""

    def conditions(self, served: Served, params: Mapping[str, str]) -> tuple[Filter, ...]:
        key = key_of_path(served, params["key"])
        return tuple(Filter(name, "eq", value) for name, value in key.items())


def key_of_path(served: Served, path: str) -> dict[str, Any]:
    """The values of a key's columns in the path of a row.

    Raises HTTPNotFound and ParameterError when they do not fit.
    """
    if not served.key:
        raise falcon.HTTPNotFound(
            description="this table has no key, so that its rows have no path"
        )
    parts = [path] if len(served.key) == 1 else path.split("/")
    if len(parts) != len(served.key):
        raise falcon.HTTPNotFound(description=f"the path of a row is {'/'.join(served.key)}")
    types = {column.name: column.type for column in served.columns}
    try:
        return {
            name: coerce(kind_of(types[name]), part, name)
            for name, part in zip(served.key, parts, strict=True)
        }
    except CallError as error:
        raise ParameterError(
            [Fault("/".join(served.key), f"{error.message}; {error.hint}")]
        ) from None


def _next(req: Request, cursor: str) -> str:
    """The URL of the next page of a request."""
    parameters = [
        pair for pair in parse_qsl(req.query_string, keep_blank_values=True) if pair[0] != "cursor"
    ]
    query = urlencode([*parameters, ("cursor", cursor)])
    return f"{req.root_path}{falcon.uri.encode(req.path)}?{query}"
