"""An in-memory cache of complete responses. A release never changes, so they stay valid."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from falcon import Request, Response

PRIVATE = "private, no-cache"
REVALIDATE = "no-cache"  # clients may keep a response, and revalidate it: a 304 is cheap

_OVERHEAD = 1000

Key = tuple[str, ...]


KEPT_BY_304 = ("ETag", "Cache-Control", "Vary", "X-Release")


@dataclass(frozen=True)
class Reply:
    """The response of a release to a request: `tag` is its ETag, `headers` the constant ones.

    Without a body it can only be sent as a 304.
    """

    release: str
    tag: str
    endpoint: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None

    def answers(self, release: str, if_none_match: str | None) -> bool:
        """Whether it is valid for a release and a request with this If-None-Match."""
        return self.release == release and (
            self.body is not None or matches(if_none_match, self.tag)
        )

    @cached_property
    def raw(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers in the form of ASGI."""
        return raw(self.headers)

    @cached_property
    def raw_unmodified(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers of a 304, in the same form."""
        return raw(header for header in self.headers if header[0] in KEPT_BY_304)


class Replies:
    """The most recently used replies, up to `size` bytes; thread-safe.

    `control` is the Cache-Control header of every reply.
    """

    def __init__(self, size: int, control: str = REVALIDATE) -> None:
        self.control = control
        self._size = size
        self._bytes = 0
        self._replies: OrderedDict[Key, Reply] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Reply | None:
        with self._lock:
            reply = self._replies.get(key)
            if reply is not None:
                self._replies.move_to_end(key)
            return reply

    def put(self, key: Key, reply: Reply) -> None:
        """Cache a reply and evict the oldest; one above an eighth of the size is not cached."""
        if _weight(key, reply) > self._size // 8:
            return
        with self._lock:
            former = self._replies.pop(key, None)
            if former:
                self._bytes -= _weight(key, former)
            self._replies[key] = reply
            self._bytes += _weight(key, reply)
            while self._bytes > self._size:
                self._bytes -= _weight(*self._replies.popitem(last=False))


def _weight(key: Key, reply: Reply) -> int:
    return len(reply.body or b"") + sum(map(len, key)) + _OVERHEAD


def tag_of(release: str, *parts: str) -> str:
    """The strong ETag of a release's response to a request."""
    return f'"{release}-{blake2b(chr(0).join(parts).encode(), digest_size=9).hexdigest()}"'


def matches(if_none_match: str | None, tag: str) -> bool:
    """Whether an If-None-Match header has this ETag."""
    if not if_none_match:
        return False
    return if_none_match == tag or any(
        known.strip().removeprefix("W/") in (tag, "*") for known in if_none_match.split(",")
    )


def raw(headers: Iterable[tuple[str, str]]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple(
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
    )


def key_of(req: Request) -> Key:
    """The cache key of a request; links in a reply begin with the prefix that the API is at."""
    return (
        f"{req.root_path}{req.path}",
        req.query_string,
        req.get_header("Accept") or "*/*",
        req.get_header("Accept-Encoding") or "",
    )


def send(reply: Reply, req: Request, resp: Response) -> None:
    """Send a reply, or a 304 when the client has it."""
    if matches(req.get_header("If-None-Match"), reply.tag):
        resp.status = 304
        resp.set_headers([header for header in reply.headers if header[0] in KEPT_BY_304])
    else:
        resp.set_headers(reply.headers)
        resp.data = reply.body
