"""A resource whose answer is a function of the active release and the request alone: kept, tagged, revalidated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from medallion.errors import GoneError, SinkError
from medallion.records import Release
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.cache.response_cache import Key, Replies, Reply, key_of, matches, send, tag_of
from medallion_api.middleware.exchange import stage
from medallion_api.representations import to_json

if TYPE_CHECKING:
    from falcon import Request, Response

_ATTEMPTS = 5


class Released(ABC):
    """Answers from what `reading` reads; what it answered is kept in `replies`."""

    def __init__(self, reading: ReleaseReader, replies: Replies) -> None:
        self.reading = reading
        self.replies = replies

    def on_get(self, req: Request, resp: Response, **params: str) -> None:
        key = key_of(req)
        kept = self.replies.get(key)
        for _ in range(_ATTEMPTS):
            with stage(req, "release"):
                release = self.reading.release()
            if kept is not None and kept.answers(release.id, req.get_header("If-None-Match")):
                send(kept, req, resp)
                return
            try:
                self._answer(req, resp, key, release, params)
            except (
                GoneError
            ):  # others were published since it was asked which is active, and this one was removed
                self.reading.forget()
                continue
            return
        raise SinkError("releases come and go faster than they can be read")

    on_head = on_get

    def _answer(
        self, req: Request, resp: Response, key: Key, release: Release, params: dict[str, str]
    ) -> None:
        reply = self.answer(req, resp, release, **params)
        if reply is not None:
            self.replies.put(key, reply)
            send(reply, req, resp)

    @abstractmethod
    def answer(self, req: Request, resp: Response, release: Release, **params: str) -> Reply | None:
        """The reply; None when the response already stands. Raises GoneError when the release is no longer kept."""

    def json(self, req: Request, resp: Response, release: Release, content: Any) -> Reply | None:
        """A reply of JSON that depends on the release alone."""
        tag = tag_of(release.id, req.path)
        if self.unmodified(req, resp, tag, release.id):
            return None
        headers = [("Content-Type", "application/json"), ("X-Release", release.id)]
        return self.reply(req, release, tag, headers, to_json(content))

    def reply(
        self,
        req: Request,
        release: Release,
        tag: str,
        headers: Iterable[tuple[str, str]],
        body: bytes,
    ) -> Reply:
        constant = (
            ("ETag", tag),
            ("Cache-Control", self.replies.control),
            *headers,
            ("Content-Length", str(len(body))),
        )
        return Reply(release.id, tag, req.uri_template or "", constant, body)

    def unmodified(
        self, req: Request, resp: Response, tag: str, release: str, *headers: tuple[str, str]
    ) -> bool:
        """Answer 304 when the client has what this ETag stands for; `headers` are those that the answer has besides."""
        if not matches(req.get_header("If-None-Match"), tag):
            return False
        constant = (
            ("ETag", tag),
            ("Cache-Control", self.replies.control),
            ("X-Release", release),
            *headers,
        )
        reply = Reply(release, tag, req.uri_template or "", constant, None)
        self.replies.put(key_of(req), reply)
        send(reply, req, resp)
        return True
