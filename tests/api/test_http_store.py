"""HttpStore keeps the contract of a store, over the API of a sink."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

import medallion as md
from medallion.contracts import Query, Sink, Store
from medallion.errors import CallError, MedallionError, SinkError
from medallion.records import Release
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.groups import GroupContract
from medallion.testing.queries import QueryContract
from medallion_api import HttpStore, http_store
from medallion_api.app import Assembly, assemble
from medallion_api.keys import new_key
from medallion_panel.data.run_watch import RunWatch
from tests.api import project
from tests.shared_release import SharedRelease

_TABLES = {"bronze": {"orders": {"source": "orders.csv"}}}
_ONE = {"tables": _TABLES, "sinks": {"serving": {"url": "sqlite:none.db"}}}


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


class _Served(Sqlite):
    """A SQLite sink whose store is read over HTTP."""

    name = "served"
    root: Path

    def store(self) -> HttpStore:  # type: ignore[override]
        return HttpStore(self._api[0])

    def stop(self) -> None:
        _, server, api = self._api
        server.shutdown()
        server.server_close()
        api.reading.store.close()

    @cached_property
    def _api(self) -> tuple[str, WSGIServer, Assembly]:
        plain = {"url": self.url}
        declaration = md.Declaration.model_validate(
            {
                "name": "contract",
                "lake": str(self.root),
                "tables": _TABLES,
                "sinks": {"serving": plain},
            }
        )
        api = assemble(md.Pipeline(declaration))
        server = make_server("127.0.0.1", 0, api.app, handler_class=_Quiet)  # type: ignore[arg-type]
        threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return f"http://127.0.0.1:{server.server_port}", server, api


@contextmanager
def served(folder: Path) -> Iterator[_Served]:
    """A sink on an empty database, and its API from the first use of its store."""
    sink = _Served(url=f"sqlite:{folder}/serving.db", root=folder)
    yield sink
    if "_api" in sink.__dict__:
        sink.stop()


class TestHttpStore(SharedRelease, QueryContract, GroupContract):
    @pytest.fixture(scope="class")
    @classmethod
    def shared_sink(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
        with served(tmp_path_factory.mktemp("shared")) as sink:
            yield sink

    @pytest.fixture
    def sink(self, tmp_path: Path) -> Iterator[Sink]:
        with served(tmp_path) as sink:
            yield sink


def test_an_api_that_is_away_is_told() -> None:
    store = HttpStore(f"http://127.0.0.1:{project.free_port()}")
    with pytest.raises(SinkError, match="check that the API is running"):
        store.release()
    with pytest.raises(CallError, match="not a valid URL"):
        HttpStore("localhost:8000")


def test_an_api_that_does_not_answer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = HttpStore(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)
        with pytest.raises(SinkError, match="timed out"):
            store.release()


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
