"""A resource whose answer is a function of the active release and the request alone: kept, tagged, revalidated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import falcon

from medallion.contracts import Store
from medallion.errors import SinkError
from medallion.records import Release
from medallion_api.exchange import stage
from medallion_api.formats import to_json
from medallion_api.problems import ParameterError
from medallion_api.replies import Key, Replies, Reply, key_of, matches, send, tag_of

if TYPE_CHECKING:
    from falcon import Request, Response

_ATTEMPTS = 5


class MovedError(Exception):
    """Another release was published while this one was being read."""


class Released(ABC):
    """Answers from `store`; what it answered is kept in `replies`.

    `tells_release` is true when `answer` raises MovedError by itself for a release that is not active.
    """

    tells_release = False

    def __init__(self, store: Store, replies: Replies) -> None:
        self.store = store
        self.replies = replies
        self._last: Release | None = None

    def on_get(self, req: Request, resp: Response, **params: str) -> None:
        key = key_of(req)
        kept = self.replies.get(key)
        if kept is None and self._guessed(req, resp, key, params):
            return
        for _ in range(_ATTEMPTS):
            with stage(req, "release"):
                release = self.store.release()
            self._last = release
            if kept is not None and kept.release == release.id:
                send(kept, req, resp)
                return
            try:
                self._answer(req, resp, key, release, params)
            except MovedError:
                continue
            return
        raise SinkError("a release was published at every attempt to read one")

    on_head = on_get

    def _guessed(self, req: Request, resp: Response, key: Key, params: dict[str, str]) -> bool:
        """Whether it could be answered without asking first which release is active: reading the rows tells."""
        if self._last is None or not self.tells_release or req.get_header("If-None-Match"):
            return False
        try:
            self._answer(req, resp, key, self._last, params)
        except (MovedError, ParameterError, falcon.HTTPError):
            req.context.stages.clear()
            return False
        return True

    def _answer(self, req: Request, resp: Response, key: Key, release: Release, params: dict[str, str]) -> None:
        reply = self.answer(req, resp, release, **params)
        if reply is not None:
            self.replies.put(key, reply)
            send(reply, req, resp)

    @abstractmethod
    def answer(self, req: Request, resp: Response, release: Release, **params: str) -> Reply | None:
        """The reply; None when the response already stands. Raises MovedError when another release came meanwhile."""

    def json(self, req: Request, resp: Response, release: Release, content: Any) -> Reply | None:
        """A reply of JSON that depends on the release alone."""
        tag = tag_of(release.id, req.path)
        if self.unmodified(req, resp, tag, release.id):
            return None
        headers = [("Content-Type", "application/json"), ("X-Release", release.id)]
        return self.reply(req, release, tag, headers, to_json(content))

    def reply(self, req: Request, release: Release, tag: str, headers: Iterable[tuple[str, str]], body: bytes) -> Reply:
        constant = (
            ("ETag", tag),
            ("Cache-Control", self.replies.control),
            *headers,
            ("Content-Length", str(len(body))),
        )
        return Reply(release.id, tag, req.uri_template or "", constant, body)

    def unmodified(self, req: Request, resp: Response, tag: str, release: str) -> bool:
        """Answer 304 when the client has what this ETag stands for."""
        if not matches(req.get_header("If-None-Match"), tag):
            return False
        send(
            Reply(
                release, tag, "", (("ETag", tag), ("Cache-Control", self.replies.control), ("X-Release", release)), b""
            ),
            req,
            resp,
        )
        return True
