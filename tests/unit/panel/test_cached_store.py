"""Answers are read once per release, from the store or from cached columns, also in an outage."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest

from medallion.contracts import Filter, Query, Sort
from medallion.errors import CallError, SinkError
from medallion.sinks.sqlite.sink import Sqlite
from medallion_panel.data import cache_loader, cached_store
from medallion_panel.data.cached_store import CachedStore
from tests.panel.page_content import eventually
from tests.unit.panel.tables import SmallTable, publish, sink_in

TYPES = {"id": "int64", "name": "text", "ratio": "float64", "tags": "list<text>"}
ROWS = [(1, "a", 1.5, ["x"]), (2, "b", -inf, None), (3, None, 4.0, None), (4, "a", inf, None)]
TABLE = SmallTable(TYPES, ROWS, key=("id",))


@pytest.fixture
def sink(tmp_path: Path) -> Sqlite:
    sink = sink_in(tmp_path)
    publish(sink, "one", {"t": TABLE})
    return sink


@pytest.fixture
def store(sink: Sqlite) -> Iterator[CachedStore]:
    store = CachedStore(sink.store())
    yield store
    store.uncached.close()
    store.pool.shutdown()


def hide(folder: Path) -> None:
    (folder / "serving.db").rename(folder / "hidden.db")


def test_tables_and_the_kinds_of_their_columns(store: CachedStore) -> None:
    assert list(store.tables()) == ["t"]
    assert store.served("t").key == ("id",)
    kinds = {name: kind.name for name, kind in store.kinds("t").items()}
    assert kinds == {"id": "integer", "name": "text", "ratio": "float", "tags": "list"}
    with pytest.raises(CallError, match="'tt'"):
        store.kinds("tt")


def test_answers_are_those_of_the_store(store: CachedStore) -> None:
    query = Query((Filter("name", "eq", "a"),), (Sort("id"),), ("id",))
    assert store.find("t", query).rows == [{"id": 1}, {"id": 4}]
    assert store.count("t", query) == 2
    row = store.get("t", 1)
    assert row == {"id": 1, "name": "a", "ratio": 1.5, "tags": ["x"]}
    assert store.get("t", 9) is None
    assert store.group("t", ("name",), {"n": "count()"}, Query(sort=(Sort("n"), Sort("name")))) == [
        {"name": None, "n": 1},
        {"name": "b", "n": 1},
        {"name": "a", "n": 2},
    ]
    assert [row for batch in store.scan("t", query) for row in batch] == [{"id": 1}, {"id": 4}]
    assert sorted(row["id"] for row in store.points("t", query)) == [1, 4]


def test_an_answer_is_kept_while_its_release_is_active(
    store: CachedStore, sink: Sqlite, tmp_path: Path
) -> None:
    assert store.count("t", Query()) == 4
    publish(sink, "two", {"t": SmallTable(TYPES, ROWS[:1], key=("id",))})
    assert store.count("t", Query()) == 4  # nobody has looked at the store since
    assert store.release().id == "two"
    assert store.count("t", Query()) == 1
    hide(tmp_path)
    assert store.count("t", Query()) == 1
    assert store.last_release().id == "two"


def test_a_new_release_drops_all_answers(store: CachedStore, sink: Sqlite) -> None:
    computed: list[str] = []

    def read() -> list[int]:
        computed.append(store.last_release().id)
        return [store.count("t", Query())]

    for _ in range(2):
        assert store.derived(("count", "t"), read, len) == [4]
    assert computed == ["one"]
    assert len(store._answers) == 2
    publish(sink, "two", {"t": SmallTable(TYPES, ROWS[:1], key=("id",))})
    store.release()
    assert not store._answers
    assert store._values == 0
    assert store.derived(("count", "t"), read, len) == [1]
    assert {release for release, _ in store._answers} == {"two"}


def test_what_a_release_was_left_for_meanwhile_is_not_kept(
    store: CachedStore, sink: Sqlite
) -> None:
    def slow() -> str:
        publish(sink, "two", {"t": TABLE})
        store.release()
        return "of one"

    assert store.derived("name", slow, len) == "of one"
    assert not store._answers
    assert store.derived("name", lambda: "of two", len) == "of two"


def test_answers_that_were_not_read_for_longest_make_room(
    store: CachedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached_store, "_MAX_VALUES", 40)
    by_id = [Query((Filter("id", "lte", most),), (Sort("id"),), ("id",)) for most in range(1, 5)]
    for query in by_id:
        store.find("t", query)
    assert store._values == sum(store._sizes.values()) == 1 + 2 + 3 + 4 + 4
    store.find("t", by_id[0])
    monkeypatch.setattr(cached_store, "_MAX_VALUES", 12)
    store.derived("two", lambda: [1, 2], len)
    assert len(store._answers) < 5
    assert store._values == sum(store._sizes.values()) <= 12
    assert any("find" in key and "value=1)" in key for _, key in store._answers)
    assert not any("find" in key and "value=2)" in key for _, key in store._answers)
    store.derived("all", lambda: [0] * 100, len)  # would push out all others
    assert not any("all" in key for _, key in store._answers)


def test_filters_of_one_visitor_are_not_seen_by_another(store: CachedStore) -> None:
    texts = [Query((Filter("name", "eq", value),)) for value in ("a", "b", "1")]
    numbers = [Query((Filter("id", operator, 1),)) for operator in ("eq", "gt")]
    assert [store.count("t", query) for query in (*texts, *numbers) * 2] == [2, 1, 0, 1, 3] * 2


def test_one_look_at_the_store_serves_all_visitors(
    store: CachedStore, sink: Sqlite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.seen_release() is None
    assert store.recent_release().id == "one"
    publish(sink, "two", {"t": TABLE})
    assert store.recent_release().id == "one"
    seen = store.seen_release()
    assert seen is not None
    assert seen.id == "one"
    monkeypatch.setattr(cached_store, "_LOOK_SECONDS", -1)
    assert store.seen_release() is None
    assert store.recent_release().id == "two"
    hide(tmp_path)
    with pytest.raises(SinkError):
        store.recent_release()
    monkeypatch.setattr(cached_store, "_LOOK_SECONDS", 60)
    (tmp_path / "hidden.db").rename(tmp_path / "serving.db")
    with pytest.raises(SinkError):  # as the last look found
        store.recent_release()
    assert store.seen_release() is None
    store.release()
    assert store.recent_release().id == "two"


def test_in_an_outage_other_queries_fail_at_once_and_recover(
    store: CachedStore, tmp_path: Path
) -> None:
    store.count("t", Query())
    hide(tmp_path)
    with pytest.raises(SinkError):
        store.release()
    assert store.count("t", Query()) == 4
    (tmp_path / "hidden.db").rename(tmp_path / "serving.db")
    with pytest.raises(SinkError):  # until the next look at the store
        store.get("t", 1)
    store.release()
    row = store.get("t", 1)
    assert row is not None
    assert row["name"] == "a"


def test_a_query_that_is_not_valid_is_an_error_each_time(store: CachedStore) -> None:
    for _ in range(2):
        with pytest.raises(CallError, match="nothing"):
            store.count("t", Query((Filter("nothing", "eq", 1),)))


def test_values_of_a_column_in_order_without_null(store: CachedStore) -> None:
    assert store.values("t", "name", 10) == ["a", "b"]
    assert store.values("t", "name", 1) == ["a"]
    assert store.values("t", "id", 2) == [1, 2]


def test_bounds_are_finite(store: CachedStore) -> None:
    assert store.bounds("t", "id") == (1, 4)
    assert store.bounds("t", "ratio") == (1.5, 4.0)


def test_a_column_without_a_finite_value_has_no_bounds(sink: Sqlite, store: CachedStore) -> None:
    publish(sink, "two", {"t": SmallTable({"n": "float64"}, [(None,), (inf,)])})
    store.release()
    assert store.bounds("t", "n") == (None, None)


def test_cached_columns_answer_without_the_store(
    store: CachedStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(cache_loader, "MIN_ROWS", 1)
    caplog.set_level("INFO", "medallion_panel")
    store.release()
    store.cache_columns({"t": ["id", "name"]})
    eventually(lambda: "cached 2 columns of t" in caplog.text, lambda: caplog.text)
    hide(tmp_path)
    with pytest.raises(SinkError):
        store.release()
    query = Query((Filter("name", "eq", "a"),), fields=("id",))
    assert store.count("t", query) == 2
    assert store.group("t", (), {"n": "sum(id)"}, query) == [{"n": 5}]
    assert sorted(row["id"] for row in store.points("t", query)) == [1, 4]
    with pytest.raises(SinkError):  # a column that is not cached
        store.count("t", Query((Filter("ratio", "gt", 1),)))
