"""Whole replies, kept while there is room: a release never changes, so under release and request they stay right."""

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
REVALIDATE = "no-cache"  # keep it, and ask whether it still is right: a 304 costs next to nothing

_OVERHEAD = 1000

Key = tuple[str, ...]


KEPT_BY_304 = ("ETag", "Cache-Control", "Vary", "X-Release")


@dataclass(frozen=True)
class Reply:
    """What `release` answers to a request: `tag` is the strong ETag, `headers` are all but those of the moment.

    Without a body it can only say 304 to those who have what the tag stands for.
    """

    release: str
    tag: str
    endpoint: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None

    def answers(self, release: str, if_none_match: str | None) -> bool:
        """Whether it is the answer of a release to a client that has what these tags stand for."""
        return self.release == release and (
            self.body is not None or matches(if_none_match, self.tag)
        )

    @cached_property
    def raw(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers as an ASGI server takes them."""
        return raw(self.headers)

    @cached_property
    def raw_unmodified(self) -> tuple[tuple[bytes, bytes], ...]:
        """Those of them that a 304 has."""
        return raw(header for header in self.headers if header[0] in KEPT_BY_304)


class Replies:
    """The replies used last, up to `size` bytes in all; shared by threads.

    `control` is what caches on the way are told of every reply.
    """

    def __init__(self, size: int, control: str = REVALIDATE) -> None:
        self.control = control
        self._size = size
        self._held = 0
        self._replies: OrderedDict[Key, Reply] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Reply | None:
        with self._lock:
            reply = self._replies.get(key)
            if reply is not None:
                self._replies.move_to_end(key)
            return reply

    def put(self, key: Key, reply: Reply) -> None:
        """Keep a reply, for which the oldest make room; one larger than an eighth of it all is not kept."""
        if _weight(key, reply) > self._size // 8:
            return
        with self._lock:
            former = self._replies.pop(key, None)
            if former:
                self._held -= _weight(key, former)
            self._replies[key] = reply
            self._held += _weight(key, reply)
            while self._held > self._size:
                self._held -= _weight(*self._replies.popitem(last=False))


def _weight(key: Key, reply: Reply) -> int:
    return len(reply.body or b"") + sum(map(len, key)) + _OVERHEAD


def tag_of(release: str, *parts: str) -> str:
    """The strong ETag of what a release answers to a request."""
    return f'"{release}-{blake2b(chr(0).join(parts).encode(), digest_size=9).hexdigest()}"'


def matches(if_none_match: str | None, tag: str) -> bool:
    """Whether a client already has what this ETag stands for."""
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
    """What tells requests apart whose replies differ."""
    return (
        req.path,
        req.query_string,
        req.get_header("Accept") or "*/*",
        req.get_header("Accept-Encoding") or "",
    )


def send(reply: Reply, req: Request, resp: Response) -> None:
    """Answer with a reply, or with 304 when the client has it."""
    if matches(req.get_header("If-None-Match"), reply.tag):
        resp.status = 304
        resp.set_headers([header for header in reply.headers if header[0] in KEPT_BY_304])
    else:
        resp.set_headers(reply.headers)
        resp.data = reply.body
