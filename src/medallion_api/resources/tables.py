"""The served tables, and the parsed requests to them."""

from __future__ import annotations

import re
import threading
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar
from urllib.parse import quote

import falcon
from falcon import Request, Response

from medallion.contracts import Filter, Page
from medallion.errors import CallError, DeclarationError, GoneError, did_you_mean
from medallion.query.cursor import read_cursor
from medallion.query.validation import ValidatedQuery, served_table, validate_query
from medallion.records import Column, Release, Served
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.cache.response_cache import Replies, Reply, tag_of
from medallion_api.middleware import compression as codings
from medallion_api.middleware.exchange import stage
from medallion_api.problems import Fault, ParameterError
from medallion_api.representations import ENDINGS, FORMATS, TEXTUAL, negotiate
from medallion_api.resources.parameters import Parameters, TableQuery
from medallion_api.resources.release_resource import Released
from medallion_api.section import Endpoint

_KEPT = 500
_LONGEST_NAME = 100  # characters of a file name, without its extension
_VARY = ("Vary", "Accept, Accept-Encoding")


_Key = tuple[str, str, bool, type[Parameters]]
_Shape = tuple[tuple[Column, ...], tuple[str, ...], str, bool, type[Parameters]]


class Tables:
    """The served tables as a release has them; `max_page_size` limits a page.

    Models are cached by columns, which most releases share.
    """

    def __init__(self, reading: ReleaseReader, max_page_size: int) -> None:
        self.max_page_size = max_page_size
        self.served = reading.served
        self._known: dict[_Key, Parameters] = {}
        self._models: dict[_Shape, Parameters] = {}
        self._lock = threading.Lock()

    def parameters(
        self,
        release: Release,
        endpoint: Endpoint,
        name: str,
        *,
        row: bool,
        kind: type[Parameters] = Parameters,
    ) -> Parameters:
        """The parameters of an endpoint; `name` is unique among endpoints.

        Raises HTTPNotFound when the release has no such table, HTTPInternalServerError when the
        table lacks a column of the endpoint.
        """
        key = (release.id, name, row, kind)
        known = self._known.get(key)
        if known is None:
            served = self.served(release)
            if endpoint.table not in served:
                what = f"release {release.id} has no table {endpoint.table[:80]!r}"
                raise falcon.HTTPNotFound(description=what + did_you_mean(endpoint.table, served))
            table = served[endpoint.table]
            shape = (table.columns, table.key, name, row, kind)
            try:
                model = self._models.get(shape) or kind(
                    table, endpoint, self.max_page_size, row=row
                )
            except DeclarationError as error:
                what = f"this endpoint is not declared correctly: {error.problems[0].message}"
                raise falcon.HTTPInternalServerError(description=what) from None
            known = model.of(table)
            with self._lock:
                self._models.pop(shape, None)
                self._models[shape] = model
                while len(self._models) > _KEPT:
                    del self._models[next(iter(self._models))]
                current = {
                    other: read for other, read in self._known.items() if other[0] == release.id
                }
                self._known = {**current, key: known}
        return known


@dataclass(frozen=True)
class Question:
    """A parsed request: the query of a table, and the format of the response."""

    path: str
    release: Release
    table: str
    served: Served
    table_query: TableQuery
    form: str
    coding: str
    tag: str

    @property
    def columns(self) -> tuple[Column, ...]:
        by_name = {column.name: column for column in self.served.columns}
        return tuple(by_name[name] for name in self.table_query.query.fields or by_name)

    def headers(self, release: str) -> Iterator[tuple[str, str]]:
        yield "Content-Type", FORMATS[self.form]
        yield _VARY
        yield "X-Release", release
        if self.form in ENDINGS:
            yield "Content-Disposition", attachment(self.path, ENDINGS[self.form])


def attachment(path: str, extension: str) -> str:
    """The `Content-Disposition` of a download, named after its path.

    A name beyond ASCII is encoded by RFC 5987, after an ASCII one for older clients.
    """
    parts = (re.sub(r"[^\w.-]+", "_", part) for part in path.split("/"))
    name = "-".join(filter(None, parts))[:_LONGEST_NAME] or "rows"
    plain = re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)
    disposition = f'attachment; filename="{plain}.{extension}"'
    if plain == name:
        return disposition
    return f"{disposition}; filename*=UTF-8''{quote(name, safe='')}.{extension}"


class TableResource(Released):
    """Base of lists, rows and groups. Without an `endpoint` the path names the table."""

    row = True
    kind: ClassVar[type[Parameters]] = Parameters

    def __init__(
        self,
        reading: ReleaseReader,
        replies: Replies,
        tables: Tables,
        endpoint: Endpoint | None = None,
    ) -> None:
        super().__init__(reading, replies)
        self._tables = tables
        self._endpoint = endpoint
        self._name = repr(endpoint)

    def answer(self, req: Request, resp: Response, release: Release, **params: str) -> Reply | None:
        with stage(req, "parse"):
            question = self._question(req, release, params)
        if self.unmodified(req, resp, question.tag, release.id, _VARY):
            return None
        return self.table_reply(req, resp, question)

    @abstractmethod
    def table_reply(self, req: Request, resp: Response, question: Question) -> Reply | None:
        """The reply to a request; None when it is streamed."""

    def conditions(self, served: Served, params: Mapping[str, str]) -> tuple[Filter, ...]:
        """The filters of the path."""
        return ()

    def _question(self, req: Request, release: Release, params: Mapping[str, str]) -> Question:
        endpoint = self._endpoint or Endpoint(table=params["table"])
        name = self._name if self._endpoint else endpoint.table
        parameters = self._tables.parameters(release, endpoint, name, row=self.row, kind=self.kind)
        served, table_query = parameters.served, parameters.read(req.query_string)
        conditions = (*table_query.query.filters, *self.conditions(served, params))
        table_query = replace(table_query, query=replace(table_query.query, filters=conditions))
        form = negotiate(req.get_header("Accept") or "*/*", table_query.form)
        known = codings.STREAMED if table_query.everything else codings.WHOLE
        coding = (
            codings.coding_of(req.get_header("Accept-Encoding"), known)
            if form in TEXTUAL
            else "identity"
        )
        tag = tag_of(release.id, type(self).__name__, served.name, table_query.normal, form, coding)
        return Question(req.path, release, endpoint.table, served, table_query, form, coding, tag)

    def validated(self, question: Question) -> tuple[Release, ValidatedQuery]:
        """The validated query of a request, and the release that it reads: that of its cursor.

        Raises ParameterError for a faulty cursor, HTTPGone when its release is no longer kept.
        """
        query = question.table_query.query
        if query.cursor is None:
            return question.release, validate_query(question.served, query)
        release, served = question.release, question.served
        try:
            position = read_cursor(query.cursor)
            if position.release != release.id:
                release = self._kept(question, position.release)
                served = served_table(self.reading.served(release), question.table)
            return release, validate_query(served, query, position)
        except CallError as error:
            raise ParameterError([Fault("cursor", f"{error.message}; {error.hint}")]) from None

    def _kept(self, question: Question, ident: str) -> Release:
        try:
            return self.reading.at(question.release).kept(ident)
        except GoneError as error:
            raise falcon.HTTPGone(description=error.message) from None

    def page(
        self, req: Request, question: Question, release: Release, query: ValidatedQuery
    ) -> Page:
        """A page of rows. Raises HTTPGone when the cursor's release is no longer kept."""
        with stage(req, "store"):
            try:
                return self.reading.at(question.release).read_page(release, query)
            except GoneError as error:
                if question.table_query.query.cursor is None:
                    raise
                raise falcon.HTTPGone(description=error.message) from None

    def written(
        self, req: Request, question: Question, release: str, body: bytes, **more: str
    ) -> Reply:
        headers = [
            *question.headers(release),
            *((name.replace("_", "-"), value) for name, value in more.items()),
        ]
        if question.coding != "identity" and len(body) >= codings.LEAST:
            self.reading.may_wait()
            with stage(req, "encode"):
                body = codings.encode(question.coding, body)
            headers.append(("Content-Encoding", question.coding))
        return self.reply(req, question.release, question.tag, headers, body)
