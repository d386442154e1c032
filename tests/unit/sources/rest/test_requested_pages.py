from __future__ import annotations

import pytest

from medallion.errors import SourceError
from medallion.sources.rest.paging import Request
from medallion.sources.rest.requested_pages import RequestedPages


def test_pages_that_come_twice_are_errors() -> None:
    pages = RequestedPages("api")
    pages.request(Request("/a"))
    pages.records(["{}"])
    pages.request(Request("/a", {"page": "2"}))
    with pytest.raises(SourceError, match="page 2 has the records of the page before"):
        pages.records(["{}"])
    with pytest.raises(SourceError, match="after 2 pages, the next page is one that was requested"):
        pages.request(Request("/a"))


def test_pages_without_records_may_follow_each_other() -> None:
    pages = RequestedPages("api")
    for page in ([], ["{}", "{}"], [], ["{}"]):
        pages.records(page)
    assert pages.count == 3
