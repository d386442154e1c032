"""A Store over HTTP: reads the releases that an API on another machine serves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

from medallion.contracts import ROW, Failure, NamedRelease, Page, Store
from medallion.errors import CallError, GoneError
from medallion.identifiers import TableName
from medallion.query.aggregation import Grouping
from medallion.query.validation import ValidatedQuery
from medallion.records import Release, Served
from medallion_api.http_client import HttpClient, exact
from medallion_api.http_params import Params, filter_params, list_param, restored, sort_params
from medallion_api.resources.parameter_fields import ALL, MAX_GROUPS

_BATCH = 1000


class HttpStore(Store):
    """Reads the releases that the API at `url` serves.

        store = HttpStore("http://localhost:8000", key="…")
        query = Query(sort=(Sort("total_spent", descending=True),), limit=10)
        rows = store.find("clients_stats", query).rows

    Parameters: `key` is an API key, where one is required; `timeout` the seconds that a response
    may take. Queries are validated before they are sent: an invalid one raises CallError. An
    unreachable API raises SinkError. There is one connection per thread and process, which is kept
    open. The API must serve `/tables`, as it does by default.

    `store.at(store.named(reference).release)` reads an earlier release, or with a key a candidate.
    """

    def __init__(self, url: str, *, key: str = "", timeout: float = 30.0) -> None:
        self._client = HttpClient(url, key, timeout)
        self._cached: tuple[str, Release] | None = None

    def active(self) -> Release:
        tag = {"If-None-Match": self._cached[0]} if self._cached else {}
        response = self._client.request("/releases/current", {}, tag)
        if response.status == 304 and self._cached:
            response.read()
            return self._cached[1]
        release = Release.model_validate(self._client.read(response, json.loads))
        self._cached = (response.headers["ETag"], release)
        return release

    def kept(self, ident: str) -> Release:
        return self._named(ident, GoneError)[0]

    def named(self, reference: str) -> NamedRelease:
        release, name = self._named(reference)
        candidates = self._client.json("/releases", {"limit": "1"})["candidates"] if name else ()
        failed = next((tuple(each["failed"]) for each in candidates if each["name"] == name), ())
        return NamedRelease(release, name, failed)

    def references(self, most: int) -> dict[str, str]:
        listed = self._client.json("/releases", {"limit": str(most)})
        candidates = {each["name"]: each["release"] for each in listed["candidates"]}
        return candidates | {
            each["id"]: each["id"] for each in listed["releases"] if each["served"]
        }

    def read_page(self, release: Release, query: ValidatedQuery) -> Page:
        params = {**_row_params(query), "fields": list_param(query.fields)}
        rows: list[dict[str, Any]] = []
        cursor = None if query.after is None else query.cursor(release.id, query.after)
        while True:
            limit = str(min(query.limit - len(rows), self._client.max_page_size))
            page_params = {**params, "limit": limit, **({"cursor": cursor} if cursor else {})}
            body = self._answer_of(release, f"/tables/{_path(query.served)}", page_params)
            cursor = body["cursor"]
            rows += [restored(query.kinds, row) for row in body["rows"]]
            if cursor is None or len(rows) >= query.limit:
                return Page(rows, release.id, cursor)

    def read_count(self, release: Release, query: ValidatedQuery) -> int:
        params = {**filter_params(query.filters), "limit": "1", "count": "exact"}
        return int(self._answer_of(release, f"/tables/{_path(query.served)}", params)["count"])

    def read_groups(self, release: Release, query: Grouping) -> list[dict[str, Any]]:
        params = {
            **filter_params(query.filters),
            **sort_params(query.order),
            "limit": str(min(query.limit, MAX_GROUPS)),
        }
        if query.by:
            params["by"] = list_param(query.by)
        if query.expressions:
            metrics = [f"{name}:{text}" for name, text in query.expressions.items()]
            params["metrics"] = list_param(metrics)
        body = self._answer_of(release, f"/groups/{_path(query.served)}", params)
        if query.limit > MAX_GROUPS == len(body["rows"]):
            raise CallError(
                f"{query.served.table} has more groups than the API gives: {MAX_GROUPS:,}",
                hint="filter the rows, or ask for fewer groups by `limit`",
            )
        return [restored(query.kinds, row) for row in body["rows"]]

    def read_batches(
        self, release: Release, query: ValidatedQuery
    ) -> Iterator[list[dict[str, Any]]]:
        params = {**_row_params(query), "fields": list_param(query.fields), "limit": ALL}
        path = f"/tables/{_path(query.served)}"
        if self.pinned is None:
            unnamed = self._client.stream(path, params)
            with self._while_active(release), unnamed as (answered, lines):
                if answered == release.id:
                    yield from _batches(query, lines)
                    return
        named = {**params, "release": release.id}
        with self._client.stream(path, named, missing=GoneError) as (_, lines):
            yield from _batches(query, lines)

    def failure(self) -> Failure | None:
        try:
            run = self._client.json("/runs/latest")
        except CallError:  # there was no run yet
            return None
        if run["since"] is None:
            return None
        return Failure(run["failed_run"], run["reason"], datetime.fromisoformat(run["since"]))

    def close(self) -> None:
        """Close the connection of this thread; those of others close when their threads end."""
        self._client.close()

    def _named(self, reference: str, missing: type[CallError] = CallError) -> tuple[Release, str]:
        """A release, and the name of the candidate that it is. Raises `missing` without one."""
        response = self._client.request("/releases/current", {"release": reference}, {})
        release = Release.model_validate(self._client.read(response, json.loads, missing))
        return release, response.headers.get("X-Candidate", "")

    def _answer_of(self, release: Release, path: str, params: Params) -> Any:
        """A JSON response about a release, which is named unless it is the active one.

        Raises GoneError when it is no longer kept.
        """
        if self.pinned is None:
            with self._while_active(release):
                body = self._client.json(path, params)
                if body["release"] == release.id:
                    return body
        return self._client.json(path, {**params, "release": release.id}, missing=GoneError)

    @contextmanager
    def _while_active(self, release: Release) -> Iterator[None]:
        """Errors of a request that names no release count only while this one is active.

        Another one may lack its tables and columns.
        """
        try:
            yield
        except GoneError:
            raise
        except CallError:
            if self.active().id == release.id:
                raise


def _path(served: Served) -> str:
    return quote(TableName(served.table).table)


def _row_params(query: ValidatedQuery) -> Params:
    """Filters and order; the API adds the row number itself."""
    sorts = [sort for sort in query.order if sort.field != ROW]
    return {**filter_params(query.filters), **sort_params(sorts)}


def _batches(query: ValidatedQuery, lines: Iterable[bytes]) -> Iterator[list[dict[str, Any]]]:
    """The rows of lines of JSON, in batches."""
    rows: list[dict[str, Any]] = []
    for line in lines:
        rows.append(restored(query.kinds, exact(line)))
        if len(rows) == _BATCH:
            yield rows
            rows = []
    if rows:
        yield rows
