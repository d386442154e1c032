"""What a user reads when an API answers with something else than its records."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from urllib3 import HTTPResponse

from medallion.secrets import SECRETS
from medallion.sources.rest.json_path import JsonText
from medallion.sources.rest.response_faults import no_records, not_json, unexpected_status


def response(body: bytes, kind: str = "application/json", status: int = 200) -> HTTPResponse:
    headers = {"Content-Type": kind}
    return HTTPResponse(BytesIO(body), headers=headers, status=status, reason="Reason")


PAGE = b"<!DOCTYPE html>\n<html><head><title> Sign in </title></head><body>Log in</body></html>"


@pytest.mark.parametrize(
    ("body", "kind", "message", "hint"),
    [
        (b" \n", "application/json", "the response is empty", "check the `url` and `params`"),
        (PAGE, "text/html", "an HTML page with the title 'Sign in', not JSON", "check `auth`"),
        (b"<html>", "application/json", "the response is an HTML page, not JSON", "check `auth`"),
        (b"<?xml version='1.0'?><a/>", "application/xml", "is XML", "`format: xml`"),
        (b"id,name\n1,a\n", "text/csv; charset=utf-8", "is CSV", "`format: csv`"),
        (b'{"id": 1}\n{"id": 2}\n', "x/ndjson", "a JSON object on each line", "`format: json`"),
        (
            b'[{"n": "\xe9"}]',
            "application/json",
            "not UTF-8, .* at byte 8",
            "ask the API for UTF-8",
        ),
        (b'{"data": [{"id":', "application/json", "may have been cut: .* 16 of 16", "run again"),
        (b'{"data": [{"id" 1}]}', "application/json", "not valid JSON: .* 16 of 20", "run again"),
        (b"Closed\nuntil 10", "text/plain", "is not JSON: 'Closed until 10'", "check the `url`"),
        (b"\xef\xbb\xbf" + b"x" * 200, "text/plain", "is not JSON: '" + "x" * 100 + "…'", "`url`"),
    ],
)
def test_a_response_that_is_not_json_says_what_it_is(
    body: bytes, kind: str, message: str, hint: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (of the kind that reading raises)
        JsonText(body.decode("utf-8-sig"))
    fault = not_json(response(body, kind), caught.value)
    assert hint in fault[1]
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(fault[0])


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ({"items": [{"id": 1}], "meta": {}}, "Fault", "declare `records: items`"),
        ({"a": {"b": [{"id": 1}]}, "c": [{}]}, "Fault", "`records: a.b` or `records: c`"),
        ([{"id": 1}], "Fault", "declare no `records`"),
        ({"error": "no such key"}, """Fault: '{"error": "no such key"}'""", "check `auth`"),
        (["a"], """Fault: '["a"]'""", "say in `records` where the list is"),
        ({"items": []}, """Fault: '{"items": []}'""", "`format: {json: {records: .}}`"),
        ({"": [{"id": 1}]}, """Fault: '{"": [{"id": 1}]}'""", "say in `records`"),
    ],
)
def test_json_without_records_says_where_lists_are_or_how_it_begins(
    value: Any, message: str, hint: str
) -> None:
    fault = no_records(value, "Fault")
    assert fault[0] == message
    assert hint in fault[1]


@pytest.mark.parametrize(
    ("status", "body", "message", "hint"),
    [
        (204, b"", "the server answered 204 Reason", "it has no content"),
        (
            400,
            b'{"error":\n "unknown"}',
            """400 Reason: '{"error": "unknown"}'""",
            "check `params`",
        ),
        (201, b'{"access_token": "abc"}', "the server answered 201 Reason", "by hand"),
        (401, b"<html>x</html>", "the server answered 401 Reason", "check the credentials"),
        (418, b"", "the server answered 418 Reason", "try the request by hand"),
    ],
)
def test_another_status_shows_the_answer(status: int, body: bytes, message: str, hint: str) -> None:
    fault = unexpected_status(response(body, status=status), "https://host/orders")
    assert fault[0].endswith(message)
    assert hint in fault[1]


@pytest.mark.parametrize(
    ("location", "hint"),
    [
        ("/accounts/login?next=/x", "it names a login page, /accounts/login: check `auth`"),
        ("/users/sign_in", "it names a login page, /users/sign_in: check `auth`"),
        ("/v2/orders?key=s3cret", "declare the URL that it names: https://host/v2/orders"),
        ("/authors", "declare the URL that it names: https://host/authors"),
        ("http://[bad", "try the request by hand"),
    ],
)
def test_a_redirection_to_a_login_page_is_about_credentials(location: str, hint: str) -> None:
    moved = HTTPResponse(BytesIO(), headers={"Location": location}, status=302, reason="Found")
    assert unexpected_status(moved, "https://host/orders") == (
        "the server answered 302 Found",
        hint,
    )


def test_a_redirection_to_the_same_path_is_none_to_a_login_page() -> None:
    moved = HTTPResponse(BytesIO(), headers={"Location": "https://host/oauth/token"}, status=301)
    _, hint = unexpected_status(moved, "http://host/oauth/token")
    assert hint == "declare the URL that it names: https://host/oauth/token"


@pytest.mark.parametrize(
    "body",
    [
        b"<!-- a -->" * 20_000 + b"x",
        b"<title>" + b" " * 100_000,
        b"<title>" * 20_000,
        b"http://a:" * 100_000,
    ],
)
def test_a_hostile_response_is_judged_at_once(body: bytes) -> None:
    """With the work of a few passes: searches that begin anew at each place would take hours."""
    fault, _ = unexpected_status(response(body, status=500), "https://host/")
    assert fault.startswith("the server answered 500 Reason: ")
    assert len(fault) < 200
    assert "HTML" in not_json(response(body, "text/html"), ValueError())[0]


def test_a_secret_that_the_server_repeats_is_masked() -> None:
    SECRETS.add("s3cret-word")
    body = b'{"error": "s3cret-word is no valid key"}'
    assert "s3cret" not in str(unexpected_status(response(body, status=401), "https://host/"))
    assert "s3cret" not in str(no_records({"error": "s3cret-word"}, "Fault"))
    SECRETS.clear()
