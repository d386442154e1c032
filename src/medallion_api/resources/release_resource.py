"""Resources whose response depends on release and request only: cached, with an ETag."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import falcon

from medallion.errors import CallError, GoneError, SinkError
from medallion.records import Release
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.cache.response_cache import Key, Replies, Reply, key_of, matches, send, tag_of
from medallion_api.middleware.exchange import stage
from medallion_api.representations import to_json

if TYPE_CHECKING:
    from falcon import Request, Response

_ATTEMPTS = 5
RELEASE = "release"  # the parameter that names another release than the active one


class Released(ABC):
    """Responds with data of `reading`; responses are cached in `replies`."""

    def __init__(self, reading: ReleaseReader, replies: Replies) -> None:
        self.reading = reading
        self.replies = replies

    def on_get(self, req: Request, resp: Response, **params: str) -> None:
        reference, key = req.get_param(RELEASE), key_of(req)
        cached = self.replies.get(key)
        for _ in range(_ATTEMPTS):
            with stage(req, "release"):
                release = self.reading.release()
            if reference not in (None, release.id):
                self._answer_named(req, resp, key, params)
                return
            if cached is not None and cached.answers(release.id, req.get_header("If-None-Match")):
                send(cached, req, resp)
                return
            try:
                self._answer(req, resp, key, release, params)
            except GoneError:  # replaced and removed since the active release was read
                self.reading.forget()
                continue
            return
        raise SinkError("releases are replaced faster than they can be read")

    on_head = on_get

    def _answer_named(self, req: Request, resp: Response, key: Key, params: dict[str, str]) -> None:
        """Respond with data of the release or candidate that the request names.

        The release is looked up each time, as it may have been removed. Replies to its id are
        cached; another candidate may get the name of one, and another release the beginning of an
        id.
        """
        reference = req.get_param(RELEASE, required=True)
        try:
            with stage(req, "release"):
                named = self.reading.named(reference)
        except CallError as error:
            raise unknown_release(error) from None
        if named.candidate:
            resp.set_header("X-Candidate", named.candidate)
        release, lasting = named.release, reference == named.release.id
        cached = self.replies.get(key) if lasting else None
        if cached is not None and cached.answers(release.id, req.get_header("If-None-Match")):
            send(cached, req, resp)
            return
        try:
            reply = self.answer(req, resp, release, **params)
        except GoneError as error:
            raise unknown_release(error) from None
        if reply is not None:
            if lasting:
                self.replies.put(key, reply)
            send(reply, req, resp)

    def _answer(
        self, req: Request, resp: Response, key: Key, release: Release, params: dict[str, str]
    ) -> None:
        reply = self.answer(req, resp, release, **params)
        if reply is not None:
            self.replies.put(key, reply)
            send(reply, req, resp)

    @abstractmethod
    def answer(self, req: Request, resp: Response, release: Release, **params: str) -> Reply | None:
        """The reply; None when `resp` is complete. Raises GoneError if the release was removed."""

    def json(self, req: Request, resp: Response, release: Release, content: Any) -> Reply | None:
        """A JSON reply that depends on the release only; None when the client has it."""
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
        """Whether the client has this ETag: then it gets a 304, with further `headers`."""
        if not matches(req.get_header("If-None-Match"), tag):
            return False
        constant = (
            ("ETag", tag),
            ("Cache-Control", self.replies.control),
            ("X-Release", release),
            *headers,
        )
        reply = Reply(release, tag, req.uri_template or "", constant, None)
        if req.get_param(RELEASE) in (None, release):
            self.replies.put(key_of(req), reply)
        send(reply, req, resp)
        return True


def unknown_release(error: CallError) -> falcon.HTTPNotFound:
    """The problem for a release that does not exist, or is no longer kept."""
    return falcon.HTTPNotFound(
        description=f"{error.message}; /releases lists those that can be read"
    )
