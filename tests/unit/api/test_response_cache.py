"""The cache of responses: what it keeps, which requests share a reply, and when a client has it."""

from __future__ import annotations

from typing import Any

import falcon
import pytest
from falcon.testing import create_environ

from medallion_api.cache.response_cache import (
    Replies,
    Reply,
    key_of,
    matches,
    raw,
    send,
    tag_of,
)

REPLY = Reply(
    "one", '"one-1"', "/things", (("ETag", '"one-1"'), ("Content-Type", "text/csv")), b"a"
)


def request(**environ: Any) -> falcon.Request:
    return falcon.Request(create_environ("/things", "limit=2", **environ))


def test_kept_replies_stay_within_their_room() -> None:
    replies = Replies(100_000)
    for number in range(100):
        replies.put((str(number),), Reply("r", "t", "", (), bytes(9_000)))
    kept = [number for number in range(100) if replies.get((str(number),))]
    assert kept == list(range(91, 100))
    replies.put(("large",), Reply("r", "t", "", (), bytes(20_000)))
    assert replies.get(("large",)) is None


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ("*", True),
        ('"b"', False),
        ("", False),
        (None, False),
    ],
)
def test_matches(given: str | None, same: bool) -> None:
    assert matches(given, '"a"') is same


def test_replacing_a_reply_frees_the_room_of_the_former() -> None:
    replies = Replies(100_000)
    for _ in range(100):
        replies.put(("same",), Reply("r", "t", "", (), bytes(9_000)))
    replies.put(("other",), Reply("r", "t", "", (), b""))
    assert replies.get(("same",)) is not None
    assert replies.get(("other",)) is not None


def test_the_least_recently_used_reply_is_evicted_first() -> None:
    replies = Replies(20_000)
    for number in range(10):
        replies.put((str(number),), Reply("r", "t", "", (), bytes(990)))  # 1,991 bytes each
    assert replies.get(("0",)) is not None
    replies.put(("new",), Reply("r", "t", "", (), bytes(990)))
    assert replies.get(("1",)) is None
    assert replies.get(("0",)) is not None


def test_a_reply_is_valid_for_its_release_and_without_a_body_for_its_etag_only() -> None:
    assert REPLY.answers("one", None)
    assert not REPLY.answers("two", '"one-1"')
    unmodified = Reply("one", '"one-1"', "", (), None)
    assert unmodified.answers("one", '"one-1"')
    assert not unmodified.answers("one", None)


def test_a_tag_depends_on_the_release_and_every_part() -> None:
    tags = {tag_of("a", "b", "c"), tag_of("a", "b c"), tag_of("b", "b", "c"), tag_of("a", "c", "b")}
    assert len(tags) == 4
    assert tag_of("a", "b", "c") == tag_of("a", "b", "c")
    tag = tag_of("one", "ü")
    assert tag.startswith('"one-')
    assert tag.endswith('"')


def test_requests_share_a_reply_when_path_query_and_accepted_forms_are_equal() -> None:
    key = key_of(request())
    assert key == ("/things", "limit=2", "*/*", "")
    assert key_of(request(headers={"User-Agent": "x"})) == key
    assert key_of(request(root_path="/v1"))[0] == "/v1/things"
    accepting = key_of(request(headers={"Accept": "text/csv", "Accept-Encoding": "br"}))
    assert accepting == ("/things", "limit=2", "text/csv", "br")


def test_a_client_that_has_the_reply_gets_its_constant_headers_only() -> None:
    resp = falcon.Response()
    send(REPLY, request(headers={"If-None-Match": '"one-1"'}), resp)
    assert (resp.status_code, resp.data) == (304, None)
    assert resp.headers == {"etag": '"one-1"'}
    assert REPLY.raw_unmodified == ((b"etag", b'"one-1"'),)


def test_any_other_client_gets_all_of_it() -> None:
    resp = falcon.Response()
    send(REPLY, request(headers={"If-None-Match": '"two-1"'}), resp)
    assert (resp.status_code, resp.data) == (200, b"a")
    assert resp.headers == {"etag": '"one-1"', "content-type": "text/csv"}
    assert REPLY.raw == ((b"etag", b'"one-1"'), (b"content-type", b"text/csv"))


def test_headers_of_asgi_are_lower_case_latin_1() -> None:
    assert raw([("X-A", "é")]) == ((b"x-a", b"\xe9"),)
