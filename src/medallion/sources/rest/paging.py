"""How the pages of an API follow each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from medallion.errors import SourceError
from medallion.sources.rest.json_path import JsonText

_LINK = re.compile(r"<([^>]*)>\s*((?:;\s*[\w-]+\s*=\s*(?:\"[^\"]*\"|[^\s;,]+)\s*)*)")
_REL = re.compile(r"rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,]+))", re.IGNORECASE)


class PageParameter(BaseModel):
    """`param` is the parameter that has the number of a page, and `first` that of the first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    param: str = Field(min_length=1)
    first: int = 1


class OffsetParameter(BaseModel):
    """`param` is the parameter that has the number of records before a page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    param: str = Field(min_length=1)


class CursorParameter(BaseModel):
    """`param` is the parameter that has the value at the `path` of the former page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    param: str = Field(min_length=1)
    path: str = Field(min_length=1)


@dataclass(frozen=True)
class Request:
    """The URL of a page, and the parameters that it has in addition."""

    url: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ApiPage:
    """What was answered: the JSON, the header `Link`, and the number of records in it."""

    content: JsonText
    link: str
    records: int


class Paging(BaseModel):
    """How to ask for the next page: one of these, or none for an API that answers all at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    next: str = ""
    link_header: bool = False
    page: PageParameter | None = None
    offset: OffsetParameter | None = None
    cursor: CursorParameter | None = None

    def kinds(self) -> list[str]:
        """The names of those that are declared."""
        return [name for name in type(self).model_fields if getattr(self, name)]

    def first(self, request: Request) -> Request:
        """The request for the first page."""
        if self.page:
            return _with(request, self.page.param, self.page.first)
        return _with(request, self.offset.param, 0) if self.offset else request

    def following(self, request: Request, page: ApiPage, base: Request) -> Request | None:
        """The request after a page, None after the last; `base` has what all of them have.

        Raises SourceError when the next page is on another host, which must not get credentials.
        """
        if self.next or self.link_header:
            url = page.content.value_at(self.next) if self.next else _next_link(page.link)
            return _same_host(request.url, str(url)) if url else None
        if self.cursor:
            value = page.content.value_at(self.cursor.path)
            return None if value in (None, "") else _with(base, self.cursor.param, value)
        if not page.records:
            return None
        for kind, step in ((self.page, 1), (self.offset, page.records)):
            if kind:
                return _with(base, kind.param, int(request.params[kind.param]) + step)
        return None

    @classmethod
    def of(cls, model: BaseModel) -> Self:
        """The fields of a declaration that say how pages follow each other."""
        return cls.model_validate({name: getattr(model, name) for name in cls.model_fields})


def _with(request: Request, param: str, value: object) -> Request:
    return Request(request.url, {**request.params, param: str(value)})


def _next_link(header: str) -> str | None:
    """The URL of the relation `next` in a header `Link`."""
    for url, parameters in _LINK.findall(header):
        match = _REL.search(parameters)
        if match and "next" in (match[1] or match[2] or "").lower().split():
            return str(url)
    return None


def _same_host(current: str, url: str) -> Request:
    absolute = urljoin(current, url)
    here, there = urlsplit(current), urlsplit(absolute)
    if (here.scheme, here.netloc) != (there.scheme, there.netloc):
        raise SourceError(
            f"the next page is on {there.scheme}://{there.hostname}, not on {here.hostname}",
            hint="credentials are sent to one host only; declare the `url` there",
        )
    return Request(absolute)
