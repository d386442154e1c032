"""HttpStore keeps the contract of a store, over the API of a sink."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import cached_property
from pathlib import Path

import pytest

import medallion as md
from medallion.contracts import Filter, Query, Sink, Store
from medallion.errors import CallError, GoneError, MedallionError, SinkError
from medallion.lake.candidates import candidate_path
from medallion.lake.lake import Lake
from medallion.records import Candidate, Release
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.groups import GroupContract
from medallion.testing.pinned import PinnedContract
from medallion.testing.queries import QueryContract
from medallion_api import HttpStore, http_store
from medallion_api.app import assemble
from medallion_api.keys import new_key
from medallion_panel.data.run_watch import RunWatch
from tests.api import project
from tests.http_servers import serving
from tests.integration import small
from tests.served_releases import record
from tests.shared_release import SharedRelease

_TABLES = {"bronze": {"orders": {"source": "orders.csv"}}}
_ONE = {"tables": _TABLES, "sinks": {"serving": {"url": "sqlite:none.db"}}}


class _Served(Sqlite):
    """A SQLite sink whose store is read over HTTP, and whose releases are recorded in a lake."""

    name = "served"
    root: Path

    def store(self) -> HttpStore:  # type: ignore[override]
        return HttpStore(self._url)

    def activate(self, release: Release) -> None:
        super().activate(release)
        if release.id in self._lake.release_ids():
            self._lake.point(release, self._lake.pointer(), release.token)
        else:
            record(self._lake, release)

    def prune(self, keep: Sequence[Release]) -> int:
        removed = super().prune(keep)
        for ident in self._lake.release_ids():
            if ident not in {release.id for release in keep}:
                self._lake.storage.delete(f"releases/{ident}.json")
        return removed

    def stop(self) -> None:
        self._stack.close()

    @cached_property
    def _lake(self) -> Lake:
        return Lake(self.root / "lake")

    @cached_property
    def _stack(self) -> ExitStack:
        return ExitStack()

    @cached_property
    def _url(self) -> str:
        declaration = md.Declaration.model_validate(
            {
                "name": "contract",
                "lake": str(self.root / "lake"),
                "tables": _TABLES,
                "sinks": {"serving": {"url": self.url}},
            }
        )
        api = assemble(md.Pipeline(declaration))
        self._stack.callback(api.reading.store.close)
        return self._stack.enter_context(serving(api.app))


@contextmanager
def served(folder: Path) -> Iterator[_Served]:
    """A sink on an empty database, and its API from the first use of its store."""
    sink = _Served(url=f"sqlite:{folder}/serving.db", root=folder)
    yield sink
    sink.stop()


class TestHttpStore(SharedRelease, QueryContract, GroupContract, PinnedContract):
    @pytest.fixture(scope="class")
    @classmethod
    def shared_sink(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
        with served(tmp_path_factory.mktemp("shared")) as sink:
            yield sink

    @pytest.fixture
    def sink(self, tmp_path: Path) -> Iterator[Sink]:
        with served(tmp_path) as sink:
            yield sink


@pytest.fixture
def api_of_two(tmp_path: Path) -> Iterator[tuple[md.Pipeline, HttpStore]]:
    """A pipeline with two releases and the candidate `january`, and a store over its API."""
    key, entry = new_key("ann")
    project.write(tmp_path, api=f"{project.API}  keys: {entry}\n")
    pipeline = project.load(tmp_path)
    pipeline.run()
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run()
    (tmp_path / "data/orders/2024-03.csv").unlink()
    (tmp_path / "data/orders/2024-02.csv").unlink()
    pipeline.run(candidate="january")
    api = assemble(pipeline)
    with serving(api.app) as url:
        store = HttpStore(url, key=key)
        yield pipeline, store
        store.close()
    api.reading.store.close()


def test_every_release_that_is_kept_and_a_candidate_is_read_over_http(
    api_of_two: tuple[md.Pipeline, HttpStore],
) -> None:
    pipeline, store = api_of_two
    with closing(pipeline.store()) as direct:
        candidate = pipeline.lake.records.read(candidate_path("january"), Candidate).release
        second, first = pipeline.lake.release_ids()
        assert store.references(10) == {"january": candidate.id, second: second, first: first}
        assert store.references(1) == {"january": candidate.id, second: second}
        totals = []
        for reference in ("january", second, first):
            named = store.named(reference)
            assert (named.candidate, named.failed) == (
                ("january", ()) if reference == "january" else ("", ())
            )
            ours, theirs = store.at(named.release), direct.at(named.release)
            assert ours.tables() == theirs.tables()
            for table in theirs.tables():
                assert list(ours.scan(table, Query())) == list(theirs.scan(table, Query()))
            totals.append(ours.find("total", Query()).rows[0]["orders"])
        assert len(set(totals)) == 3
        assert store.release().id == second
        with pytest.raises(CallError, match="there is no release 'march'"):
            store.named("march")
        pinned = store.at(named.release)
        with pytest.raises(CallError, match="two conditions") as caught:
            pinned.count("things", Query(filters=(Filter("name", "ne", "a"),) * 2))
        assert not isinstance(caught.value, GoneError)


def test_without_a_key_of_the_api_there_is_no_candidate(tmp_path: Path) -> None:
    pipeline = project.publish(tmp_path)
    first = pipeline.lake.pointer().release
    assert first is not None
    (tmp_path / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run(candidate="march")
    candidate = pipeline.lake.records.read(candidate_path("march"), Candidate).release
    api = assemble(pipeline)
    with serving(api.app) as url, closing(HttpStore(url)) as store:
        assert store.references(10) == {first: first}
        for reference in ("march", candidate.id):
            with pytest.raises(CallError, match="there is no release"):
                store.named(reference)
        with pytest.raises(GoneError, match="there is no release"):
            store.at(candidate.summary()).find("total", Query())
    api.reading.store.close()


def test_a_failed_run_is_known_to_who_reads_the_api(tmp_path: Path) -> None:
    yaml = project.write(tmp_path)
    project.load(tmp_path).run()
    with project.gunicorn(tmp_path, 1) as place:
        store = HttpStore(f"http://{place}")
        assert store.failure() is None
        yaml.write_text(yaml.read_text().replace("range(250)", "no_such_table"))
        pipeline = project.load(tmp_path)
        with pytest.raises(MedallionError):
            pipeline.run()
        failure = store.failure()
        assert failure is not None
        (run,) = (run for run in pipeline.lake.runs() if run.status == "failed")
        assert (failure.run, failure.since) == (run.id, run.finished)
        assert "no_such_table" in failure.reason
        elsewhere = md.Pipeline(
            md.Declaration.model_validate({"name": "x", "lake": str(tmp_path / "none"), **_ONE})
        )
        assert RunWatch(elsewhere, store).failure() == failure
        store.close()


def test_a_key_under_gunicorn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, entry = new_key("ann")
    project.write(tmp_path, api=f"api: {{keys: {entry}, max_page_size: 100}}\n")
    pipeline = project.load(tmp_path)
    pipeline.run()
    with project.gunicorn(tmp_path) as place:
        stranger = HttpStore(f"http://{place}")
        with pytest.raises(SinkError, match="401"):
            stranger.release()
        stranger.close()
        store: Store = HttpStore(f"http://{place}", key=key)
        direct = pipeline.store()
        question = Query(limit=1000)
        assert store.find("things", question).rows == direct.find("things", question).rows
        assert isinstance(store.release(), Release)
        assert [row for rows in store.scan("things", question) for row in rows] == direct.find(
            "things", question
        ).rows
        groups = {"n": "count()", "worth": "sum(price)", "middle": "mean(rate)"}
        assert store.group("things", ["colour"], groups, question) == direct.group(
            "things", ["colour"], groups, question
        )
        all_things = store.group(
            "things", ["thing_id"], groups, question
        )  # more than a page of rows
        assert len(all_things) == 250
        assert all_things == direct.group("things", ["thing_id"], groups, question)
        monkeypatch.setattr(http_store, "MAX_GROUPS", 200)
        assert len(store.group("things", ["thing_id"], groups, Query(limit=200))) == 200
        with pytest.raises(CallError, match="more groups than the API gives: 200"):
            store.group("things", ["thing_id"], groups, question)
        store.close()
        direct.close()
