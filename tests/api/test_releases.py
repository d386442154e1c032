"""One release, one answer: ETags, 304, what is kept, and what a publish or a roll back changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from falcon.testing import TestClient

from medallion.contracts import Store
from medallion.errors import OvertimeError, SinkError
from medallion.records import Release
from medallion_api.app import Assembly, assemble
from medallion_api.cache.response_cache import Replies, Reply, matches
from tests.api import project
from tests.integration import small


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Assembly]:
    pipeline = project.publish(tmp_path)
    made = assemble(pipeline)
    yield made
    made.reading.store.close()


def test_an_unchanged_answer_is_304_without_reading_the_table(
    api: Assembly, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = TestClient(api.app).simulate_get("/things?colour=red&price__gte=3")
    other = assemble(project.load(tmp_path))  # another worker, which has nothing kept
    monkeypatch.setattr(
        other.reading.store, "read_page", lambda *_: pytest.fail("the table was read")
    )
    for query in ("colour=red&price__gte=3", "price__gte=3.00&colour__eq=red"):
        again = TestClient(other.app).simulate_get(
            f"/things?{query}", headers={"If-None-Match": first.headers["ETag"]}
        )
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["X-Release"] == first.headers["X-Release"]
    other.reading.store.close()


def test_a_kept_answer_is_given_again(api: Assembly, monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(api.app)
    first = client.simulate_get("/things")
    monkeypatch.setattr(
        api.reading.store, "read_page", lambda *_: pytest.fail("the table was read")
    )
    again = client.simulate_get("/things")
    assert again.content == first.content
    for name in ("ETag", "Link", "Content-Length"):
        assert again.headers[name] == first.headers[name]


@pytest.mark.parametrize(
    "path",
    ["/", "/quality", "/openapi.json", "/tables/total", "/stats/total", "/tables/total?limit=all"],
)
def test_a_new_release_changes_etags_and_a_roll_back_brings_them_back(
    api: Assembly, tmp_path: Path, path: str
) -> None:
    client = TestClient(api.app)
    first = client.simulate_get(path)
    assert (
        client.simulate_get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code
        == 304
    )
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    project.load(tmp_path).run()
    second = client.simulate_get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert second.headers["X-Release"] != first.headers["X-Release"]
    assert second.content != first.content
    project.load(tmp_path).roll_back()
    third = client.simulate_get(path)
    assert (third.headers["ETag"], third.content) == (first.headers["ETag"], first.content)


def test_pages_go_on_in_the_release_they_began_with(api: Assembly, tmp_path: Path) -> None:
    client = TestClient(api.app)
    begun = client.simulate_get("/things?limit=200")
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline = project.load(tmp_path)
    pipeline.run()
    rest = client.simulate_get(f"/things?limit=200&cursor={begun.json['cursor']}")
    assert rest.headers["X-Release"] == begun.headers["X-Release"]
    assert len(begun.json["rows"] + rest.json["rows"]) == 250
    assert (
        client.simulate_get(f"/things?count=exact&cursor={begun.json['cursor']}").status_code == 400
    )
    active = pipeline.sinks["serving"].active()
    assert active is not None
    pipeline.sinks["serving"].prune([active])
    gone = client.simulate_get(f"/things?limit=100&cursor={begun.json['cursor']}")
    assert gone.status_code == 410
    assert "no longer kept" in gone.json["detail"]


def test_a_release_removed_while_reading_gives_way_to_the_next(
    api: Assembly, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client, store, seen = TestClient(api.app), api.reading.store, list[str]()
    put = store.at

    def publishing(release: Release | None, seconds: float | None = None) -> Store:
        if release is None:  # which release is active
            return put(release, seconds)
        if not seen:
            (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
            pipeline = project.load(tmp_path)
            pipeline.run()
            active = pipeline.sinks["serving"].active()
            assert active is not None
            pipeline.sinks["serving"].prune([active])
        seen.append(release.id)
        return put(release, seconds)

    monkeypatch.setattr(store, "at", publishing)
    result = client.simulate_get("/tables/total")
    assert result.json["rows"] == [{"orders": 4, "revenue": 137.75}]
    assert result.json["release"] == result.headers["X-Release"]
    assert result.headers["ETag"].startswith(f'"{result.json["release"]}-')
    assert len(set(seen)) == 2


def test_without_a_store_alive_but_not_ready(tmp_path: Path) -> None:
    project.write(tmp_path)
    pipeline = project.load(tmp_path)
    api = assemble(pipeline)
    client = TestClient(api.app)
    for path in ("/health/ready", "/things", "/"):
        result = client.simulate_get(path)
        assert (result.status_code, result.headers["Retry-After"]) == (503, "5")
        assert str(tmp_path) not in result.text
    assert client.simulate_get("/health").json == {"status": "alive"}
    pipeline.run()
    ready = client.simulate_get("/health/ready")
    assert ready.json["release"] == ready.headers["X-Release"] == pipeline.lake.pointer().release
    assert 0 <= ready.json["age"] < 60
    assert client.simulate_get("/things").status_code == 200
    api.reading.store.close()


def test_a_store_that_goes_away_comes_back(api: Assembly, monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(api.app)
    release = api.reading.store.release

    def away() -> None:
        raise SinkError("mongodb://user:secret@host is away")

    assert client.simulate_get("/things").status_code == 200
    monkeypatch.setattr(api.reading.store, "release", away)
    api.reading.forget()
    down = client.simulate_get("/things")
    assert down.status_code == 503
    assert "secret" not in down.text
    monkeypatch.setattr(api.reading.store, "release", release)
    assert client.simulate_get("/things").status_code == 200


def test_a_question_that_takes_too_long_is_a_503_that_says_so(
    api: Assembly, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def ended(*_: object) -> None:
        raise OvertimeError(f"{tmp_path}: it took longer than 10 s, and was ended")

    monkeypatch.setattr(api.reading.store, "read_groups", ended)
    result = TestClient(api.app).simulate_get("/groups/things?by=colour")
    assert (result.status_code, result.headers["Content-Type"]) == (503, "application/problem+json")
    assert result.json["detail"].startswith("the query timed out")


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
