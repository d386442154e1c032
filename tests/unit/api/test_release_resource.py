"""Responses that depend on release and request only: cached, with an ETag, of one release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from falcon import Request, Response
from falcon.testing import Result

from medallion.errors import GoneError
from medallion.lake.lake import Lake
from medallion.records import Release
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.pinned import FIRST, SECOND
from medallion.testing.served import publish
from medallion_api.cache.named_releases import NamedReleases
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.cache.response_cache import Replies, Reply
from medallion_api.resources.release_resource import Released
from tests.served_releases import record
from tests.unit.api.conftest import ROWS, SPEC
from tests.unit.api.parts import Parts, client_of


class Counter(Released):
    """Responds with the number of times that it had to read."""

    def __init__(self, parts: Parts, gone: int = 0) -> None:
        super().__init__(parts.reading, parts.replies)
        self.reads = 0
        self.gone = gone

    def answer(self, req: Request, resp: Response, release: Release, **params: str) -> Reply | None:
        if self.gone:
            self.gone -= 1
            raise GoneError("removed")
        self.reads += 1
        return self.json(req, resp, release, {"reads": self.reads})


def get(counter: Counter, **headers: str) -> Result:
    return client_of(reads=counter).simulate_get("/reads", headers=headers)


def test_a_response_is_read_once_for_all_requests(parts: Parts) -> None:
    counter = Counter(parts)
    results = [get(counter) for _ in range(3)]
    assert [result.json for result in results] == [{"reads": 1}] * 3
    headers = results[0].headers
    assert headers["Content-Type"] == "application/json"
    assert (headers["X-Release"], headers["Cache-Control"]) == ("one", "no-cache")
    assert headers["Content-Length"] == str(len('{"reads":1}'))
    assert get(counter, Accept="text/csv").json == {"reads": 2}


def test_a_client_that_has_it_gets_304_without_a_read(parts: Parts) -> None:
    counter = Counter(parts)
    tag = get(counter).headers["ETag"]
    other = Counter(Parts(parts.reading))
    for _ in range(2):  # the second time from the cache
        result = get(other, **{"If-None-Match": tag, "Accept": "*/*"})
        assert (result.status_code, result.content) == (304, b"")
        assert (result.headers["ETag"], result.headers["X-Release"]) == (tag, "one")
    other.gone = 10  # a 304 is cached without a body, so that another client is read for
    assert get(other, **{"If-None-Match": '"x"'}).status_code == 503


def test_a_new_release_is_read_and_has_another_etag(tmp_path: Path) -> None:
    sink = Sqlite(url=f"sqlite:{tmp_path}/serving.db")
    publish(sink, "one", ROWS, SPEC)
    store = sink.store()
    parts = Parts(ReleaseReader(store, sink.label, 10), Replies(1_000_000, "private"))
    counter = Counter(parts)
    first = get(counter)
    publish(sink, "two", ROWS, SPEC)
    parts.reading.forget()
    second = get(counter, **{"If-None-Match": first.headers["ETag"]})
    store.close()
    assert second.json == {"reads": 2}
    assert second.headers["ETag"] != first.headers["ETag"]
    assert (second.headers["X-Release"], second.headers["Cache-Control"]) == ("two", "private")


def test_a_release_that_is_removed_meanwhile_gives_way_five_times(parts: Parts) -> None:
    assert get(Counter(parts, gone=4)).json == {"reads": 1}
    result: Any = get(Counter(Parts(parts.reading), gone=5))
    assert (result.status_code, result.json["status"]) == (503, 503)


def test_a_named_release_is_read_once_and_looked_up_each_time(tmp_path: Path) -> None:
    sink, lake = Sqlite(url=f"sqlite:{tmp_path}/serving.db"), Lake(tmp_path / "lake")
    first, second = (publish(sink, ident, ROWS, SPEC) for ident in (FIRST, SECOND))
    for release in (first, second):
        record(lake, release)
    store = sink.store()
    names = NamedReleases(lake, candidates=False)
    counter = Counter(
        Parts(ReleaseReader(store, sink.label, 10, names), Replies(1_000_000, "no-cache"))
    )
    client = client_of(reads=counter)
    former = [client.simulate_get(f"/reads?release={FIRST}") for _ in range(3)]
    assert [result.json for result in former] == [{"reads": 1}] * 3
    tag = former[0].headers["ETag"]
    assert former[0].headers["X-Release"] == FIRST
    assert (
        client.simulate_get(f"/reads?release={FIRST}", headers={"If-None-Match": tag}).status_code
        == 304
    )
    assert client.simulate_get("/reads").headers["X-Release"] == SECOND
    for _ in range(2):  # the active release by its id
        named = client.simulate_get(f"/reads?release={SECOND}")
        assert (named.json, named.headers["X-Release"]) == ({"reads": 3}, SECOND)
    lake.storage.delete(f"releases/{FIRST}.json")
    gone = client.simulate_get(f"/reads?release={FIRST}")
    assert gone.status_code == 404
    assert gone.json["detail"].startswith(f"there is no release '{FIRST}'")
    assert gone.json["detail"].endswith("/releases lists those that can be read")
    store.close()


def test_head_has_the_headers_of_get(parts: Parts) -> None:
    client = client_of(reads=Counter(parts))
    head = client.simulate_head("/reads")
    assert head.content == b""
    assert head.headers["ETag"] == client.simulate_get("/reads").headers["ETag"]
