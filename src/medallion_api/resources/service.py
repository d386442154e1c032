"""The root of the API, and its liveness and readiness."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel

from medallion.records import Release
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.cache.response_cache import Replies, Reply
from medallion_api.representations import to_json
from medallion_api.resources.release_resource import Released

if TYPE_CHECKING:
    from falcon import Request, Response


class Welcome(BaseModel):
    """The pipeline's name, the active release, the rows of the largest page, and all paths."""

    name: str
    release: str
    created: datetime
    max_page_size: int
    links: dict[str, str]


class Alive(BaseModel):
    """The process responds."""

    status: str = "alive"


class Ready(BaseModel):
    """The store responds: the active release, and its age in seconds."""

    status: str = "ready"
    release: str
    created: datetime
    age: float


class Root(Released):
    def __init__(
        self,
        reading: ReleaseReader,
        replies: Replies,
        name: str,
        max_page_size: int,
        paths: Sequence[str],
    ) -> None:
        super().__init__(reading, replies)
        self._name = name
        self._max_page_size = max_page_size
        self._paths = tuple(paths)

    def answer(self, req: Request, resp: Response, release: Release, **params: str) -> Reply | None:
        links = {
            path.strip("/").replace("/", "-"): f"{req.root_path}{path}" for path in self._paths
        }
        welcome = Welcome(
            name=self._name,
            release=release.id,
            created=release.created,
            max_page_size=self._max_page_size,
            links=links,
        )
        return self.json(req, resp, release, welcome.model_dump())


class Health:
    """Alive as long as it responds; queries nothing."""

    def on_get(self, req: Request, resp: Response) -> None:
        no_store(resp, Alive())

    on_head = on_get


class Readiness:
    """Ready when the store returns a release; otherwise the error becomes a 503 problem."""

    def __init__(self, reading: ReleaseReader) -> None:
        self._reading = reading

    def on_get(self, req: Request, resp: Response) -> None:
        release = self._reading.release()
        age = (datetime.now(UTC) - release.created).total_seconds()
        resp.set_header("X-Release", release.id)
        no_store(resp, Ready(release=release.id, created=release.created, age=round(age, 3)))

    on_head = on_get


def no_store(resp: Response, content: BaseModel) -> None:
    """Send content that no cache may keep."""
    resp.data = to_json(content.model_dump())
    resp.content_type = "application/json"
    resp.set_header("Cache-Control", "no-store")
