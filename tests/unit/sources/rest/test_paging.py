from __future__ import annotations

import pytest

from medallion.errors import SourceError
from medallion.sources.rest.json_path import JsonText
from medallion.sources.rest.paging import ApiPage, Paging, Request

BASE = Request("https://api.example.org/v1/orders?all=1", {"limit": "2"})


def following(paging: Paging, text: str = "{}", link: str = "", records: int = 2) -> Request | None:
    return paging.following(paging.first(BASE), ApiPage(JsonText(text), link, records), BASE)


def test_one_page_has_none_after_it() -> None:
    assert Paging().first(BASE) == BASE
    assert following(Paging()) is None


def test_pages_by_number_end_with_one_that_is_empty() -> None:
    paging = Paging.model_validate({"page": {"param": "page", "first": 0}})
    assert paging.first(BASE).params == {"limit": "2", "page": "0"}
    assert following(paging) == Request(BASE.url, {"limit": "2", "page": "1"})
    assert following(paging, records=0) is None


def test_pages_by_offset_advance_by_the_records_that_came() -> None:
    paging = Paging.model_validate({"offset": {"param": "skip"}})
    assert paging.first(BASE).params["skip"] == "0"
    after = following(paging, records=7)
    assert after
    assert after.params["skip"] == "7"
    later = paging.following(after, ApiPage(JsonText("{}"), "", 3), BASE)
    assert later
    assert later.params["skip"] == "10"


@pytest.mark.parametrize(
    ("text", "cursor"),
    [
        ('{"meta": {"after": "x=&"}}', "x=&"),
        ('{"meta": {"after": 7}}', "7"),
        ('{"meta": {"after": 0}}', "0"),
        ('{"meta": {"after": null}}', None),
        ('{"meta": {"after": ""}}', None),
        ('{"meta": {}}', None),
    ],
)
def test_pages_by_cursor_end_without_one(text: str, cursor: str | None) -> None:
    paging = Paging.model_validate({"cursor": {"param": "after", "path": "meta.after"}})
    after = following(paging, text)
    assert (after and after.params["after"]) == cursor


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ('<https://api.example.org/v1/orders?p=2>; rel="next"', "/v1/orders?p=2"),
        ('<?p=1>; rel="prev", <?p=3>; title="a, b"; rel=next', "/v1/orders?p=3"),
        ('</v1/orders?a=1,2>; rel="last next"', "/v1/orders?a=1,2"),
        ('<?p=1>; rel="nextish"', None),
        ("", None),
    ],
)
def test_pages_by_header(link: str, url: str | None) -> None:
    after = following(Paging(link_header=True), link=link)
    assert after == (url and Request(f"https://api.example.org{url}"))


def test_the_next_page_may_be_named_in_the_response() -> None:
    paging = Paging(next="links.next")
    assert following(paging, '{"links": {"next": "?p=2"}}') == Request(
        "https://api.example.org/v1/orders?p=2"
    )
    assert following(paging, '{"links": {"next": null}}') is None


@pytest.mark.parametrize("url", ["https://evil.example.org/2", "http://api.example.org/2"])
def test_a_page_on_another_host_gets_no_credentials(url: str) -> None:
    with pytest.raises(SourceError, match="the next page is on"):
        following(Paging(next="next"), f'{{"next": "{url}"}}')
