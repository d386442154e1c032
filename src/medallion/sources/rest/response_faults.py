"""What is wrong with a response that has no records, and what to do about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from medallion.secrets import mask

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

SHOWN = 100  # characters of a response
SCANNED = 10_000  # characters of a response in which those, or a title, are looked for
MOST_PATHS = 3
LEVELS = 3  # of objects in which a list of records is looked for
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
# A comment ends at the first mark that can end it: else many comments take for ever.
_HTML = re.compile(
    r"\s*+(?:<!--(?:(?!-->).)*+-->\s*+)*+<(?:!doctype html|html)\b", re.IGNORECASE | re.DOTALL
)
_LOGIN = re.compile(
    r"(?<![a-z])(?:log[-_]?in|sign[-_]?in|sso|o?auth2?|authorize|authenticate)(?![a-z])",
    re.IGNORECASE,
)
_LOGIN_HINT = "check `auth`, as it may be a login page, and that the `url` is of the API"
_ERRORS = {"error", "errors", "error_description", "message", "detail"}
_AS_FILE = "declare it as a file: `source: URL` and `format: {}`"
_STATUS_HINTS = {
    204: "it has no content; check the `url` and `params`",
    400: "check `params`, `since` and how pages follow each other",
    401: "check the credentials in `auth`",
    403: "ask for the permission to read it",
    404: "check the `url`",
    406: "say in `headers` which `Accept` the API wants",
    422: "check `params`, `since` and how pages follow each other",
}

Fault = tuple[str, str]  # the message and the hint


def not_json(response: BaseHTTPResponse, error: ValueError) -> Fault:
    """The fault of a response that is not JSON."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    text = response.data.decode("utf-8", "replace").lstrip("\ufeff")
    if not text.strip():
        return "the response is empty", "check the `url` and `params`; try the request by hand"
    if _HTML.match(text) or kind == "text/html":
        title = _TITLE.search(text[:SCANNED])
        named = f" with the title {beginning(title[1])}" if title else ""
        return f"the response is an HTML page{named}, not JSON", _LOGIN_HINT
    if kind == "text/csv":
        return "the response is CSV, not JSON", _AS_FILE.format("csv")
    if text.lstrip().startswith("<"):
        return "the response is XML, not JSON", _AS_FILE.format("xml")
    if isinstance(error, UnicodeDecodeError):
        return (
            f"the response is not UTF-8, as JSON must be: {error.reason} at byte {error.start:,}",
            "ask the API for UTF-8, by `headers: {Accept: application/json; charset=utf-8}`",
        )
    if _are_lines(text):
        return "the response is a JSON object on each line", _AS_FILE.format("json")
    if isinstance(error, json.JSONDecodeError) and text.lstrip()[0] in "{[":
        cut = " and may have been cut" if error.pos >= len(text.rstrip()) else ""
        place = f"after {error.pos:,} of {len(text):,} characters"
        return (
            f"the response is not valid JSON{cut}: {error.msg} {place}",
            "run again; if the error stays, try the request by hand, and report it to the API",
        )
    return f"the response is not JSON: {beginning(text)}", "check the `url`, `auth` and `headers`"


def no_records(value: Any, error: str) -> Fault:
    """The fault of JSON without a list of records where it was looked for."""
    if paths := list(islice(_lists(value), MOST_PATHS)):
        listed = " or ".join(f"`records: {path}`" if path else "no `records`" for path in paths)
        return error, f"declare {listed}"
    hint = "say in `records` where the list is"
    if isinstance(value, dict) and _ERRORS & value.keys():
        hint = "it looks like an error of the API: check `auth` and `params`"
    elif isinstance(value, dict):
        hint += "; declare one record as a file: `source: URL` and `format: {json: {records: .}}`"
    parts = islice(json.JSONEncoder(ensure_ascii=False).iterencode(value), SCANNED)
    return f"{error}: {beginning(''.join(parts))}", hint


def unexpected_status(response: BaseHTTPResponse, url: str) -> Fault:
    """The fault of another status than 200."""
    message = f"the server answered {response.status} {response.reason or ''}".strip()
    if 300 <= response.status < 400:
        try:
            place = urlsplit(urljoin(url, response.headers.get("Location", "")))
        except ValueError:  # no URL
            return message, "try the request by hand"
        if place.path != urlsplit(url).path and _LOGIN.search(place.path):
            return message, f"it names a login page, {place.path}: check `auth`"
        named = f"{place.scheme}://{place.netloc.rpartition('@')[2]}{place.path}"
        return message, f"declare the URL that it names: {named}"
    text = response.data.decode("utf-8", "replace")
    # What is no error may have secrets that nobody knows yet, such as a new token.
    if response.status >= 400 and text.strip() and not _HTML.match(text):
        message += f": {beginning(text)}"
    return message, _STATUS_HINTS.get(response.status, "try the request by hand")


def beginning(text: str) -> str:
    """The beginning of a response for people, on one line and without secrets."""
    line = mask(" ".join(text.split(maxsplit=SHOWN)[:SHOWN])[:SCANNED])
    return repr(f"{line[:SHOWN]}…" if len(line) > SHOWN else line)


def _are_lines(text: str) -> bool:
    first, _, rest = text.strip().partition("\n")
    try:
        return bool(rest) and all(
            isinstance(json.loads(line), dict) for line in (first, rest.partition("\n")[0])
        )
    except ValueError:
        return False


def _lists(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The paths of the lists of objects in a value."""
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        yield ".".join(path)
    elif isinstance(value, dict) and len(path) < LEVELS:
        for key, each in value.items():
            if key and "." not in key:
                yield from _lists(each, (*path, key))
