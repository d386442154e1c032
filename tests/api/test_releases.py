"""One release, one answer: ETags, 304, what is kept, and what a publish or a roll back changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from falcon.testing import TestClient

from medallion.contracts import Store
from medallion.errors import OvertimeError, SinkError
from medallion.lake.candidates import find_candidate
from medallion.records import Release
from medallion_api.app import Assembly, assemble
from medallion_api.keys import new_key
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
        raise OvertimeError(f"{tmp_path}: the query timed out after 10 s")

    monkeypatch.setattr(api.reading.store, "read_groups", ended)
    result = TestClient(api.app).simulate_get("/groups/things?by=colour")
    assert (result.status_code, result.headers["Content-Type"]) == (503, "application/problem+json")
    assert result.json["detail"].startswith("the query timed out")


def test_a_candidate_and_earlier_releases_are_shown_on_request(
    tmp_path: Path,
) -> None:
    key, entry = new_key("ann")
    project.write(tmp_path, api=f"{project.API}  keys: {entry}\n")
    pipeline = project.load(tmp_path)
    pipeline.run()
    api = assemble(pipeline)
    client = TestClient(api.app, headers={"X-API-Key": key})
    first = pipeline.lake.pointer().release
    before = client.simulate_get("/stats/total")
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run(candidate="march")
    assert client.simulate_get("/stats/total").content == before.content
    shown = client.simulate_get("/stats/total?release=march")
    assert shown.json["orders"] == before.json["orders"] + 1
    assert shown.headers["X-Candidate"] == "march"
    assert shown.headers["X-Release"] != first
    again = client.simulate_get(
        "/stats/total?release=march", headers={"If-None-Match": shown.headers["ETag"]}
    )
    assert again.status_code == 304
    page = client.simulate_get("/tables/things?release=march&limit=3&fields=thing_id")
    assert page.json["release"] == shown.headers["X-Release"]
    rest = client.simulate_get(page.headers["Link"].partition(">")[0][1:])
    assert rest.json["release"] == page.json["release"]
    for path in ("/tables", "/quality", "/releases/current", "/groups/total?metrics=n:count()&"):
        mark = "" if path.endswith("&") else "?"
        answer = client.simulate_get(f"{path}{mark}release=march")
        assert answer.headers["X-Release"] == shown.headers["X-Release"], path
    listed = client.simulate_get("/releases").json
    assert [item["name"] for item in listed["candidates"]] == ["march"]
    assert [(item["id"], item["served"]) for item in listed["releases"]] == [(first, True)]
    ident = listed["candidates"][0]["release"]
    for path in ("/stats/total", "/things", "/groups/total?metrics=n:count()"):
        mark = "&" if "?" in path else "?"
        by_id = client.simulate_get(f"{path}{mark}release={ident}")
        by_name = client.simulate_get(f"{path}{mark}release=march")
        assert by_id.headers["X-Candidate"] == "march"
        assert by_id.json == by_name.json
        assert by_id.headers["ETag"] == by_name.headers["ETag"]
    unknown = client.simulate_get("/stats/total?release=marsh")
    assert unknown.json["detail"] == (
        "there is no release 'marsh'; /releases lists those that can be read"
    )
    pipeline.publish("march")
    assert client.simulate_get("/stats/total").json == shown.json
    assert client.simulate_get(f"/stats/total?release={first}").json == before.json
    assert client.simulate_get(f"/stats/total?release={ident}").status_code == 404
    assert client.simulate_get("/stats/total?release=march").status_code == 404
    api.reading.store.close()


def test_without_keys_nobody_sees_a_candidate(api: Assembly, tmp_path: Path) -> None:
    """Its rows, its name and that it exists: it is not found as one that does not exist."""
    client = TestClient(api.app)
    pipeline = project.load(tmp_path)
    first = pipeline.lake.pointer().release
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run(candidate="march")
    ident = find_candidate(pipeline.lake, "march").release.id  # type: ignore[union-attr]
    for reference in ("march", "marsh", ident):
        for path in (
            f"/stats/total?release={reference}",
            f"/releases/{first}/diff/{reference}",
            f"/releases/{reference}/diff/{first}",
        ):
            answer = client.simulate_get(path)
            assert answer.status_code == 404, path
            detail = answer.json["detail"]
            assert detail.startswith(f"there is no release {reference!r}")
            assert "march" not in detail.replace(repr(reference), "")
    assert client.simulate_get("/releases").json["candidates"] == []


@pytest.mark.parametrize("name", ["", "../../x", "next", "2031", "%00", "Next", "a/b", "2"])
def test_a_release_that_does_not_exist_is_not_found(api: Assembly, name: str) -> None:
    answer = TestClient(api.app).simulate_get(f"/stats/total?release={name}")
    if name == "2":  # the beginning of the only release
        assert answer.status_code == 200
    else:
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_releases_say_that_publication_is_on_hold(api: Assembly, tmp_path: Path) -> None:
    pipeline = project.load(tmp_path)
    client = TestClient(api.app)
    assert client.simulate_get("/releases").json["held"] is None
    pipeline.roll_back(pipeline.lake.pointer().release, hold=True)
    assert client.simulate_get("/releases").json["held"]


def test_releases_are_listed_while_the_store_does_not_answer(
    api: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise SinkError("the database is away")

    client = TestClient(api.app)
    (listed,) = client.simulate_get("/releases").json["releases"]
    assert (listed["current"], listed["served"]) == (True, True)
    monkeypatch.setattr(api.reading.store, "release", away)
    api.reading.forget()
    answer = client.simulate_get("/releases")
    assert answer.status_code == 200
    assert answer.json["releases"] == [{**listed, "served": None}]
