"""The contract of sinks and stores as a test suite: subclass it, give it your sink, and run pytest.

```python
class TestMySink(SinkContract):
    @pytest.fixture
    def sink(self, tmp_path):
        # an empty database, which other processes reach by this URL
        return MySink(url=f"mine:{tmp_path}")
```
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from medallion.contracts import Query, Sink, Store, TableSpec
from medallion.errors import CallError, SinkError
from medallion.records import Release
from medallion.testing.changes import ChangeContract
from medallion.testing.groups import GroupContract
from medallion.testing.modes import ModeContract
from medallion.testing.owners import OwnerContract
from medallion.testing.pinned import PinnedContract
from medallion.testing.processes import started
from medallion.testing.queries import QueryContract
from medallion.testing.readers import ReaderContract
from medallion.testing.releases import ReleaseContract
from medallion.testing.served import (
    COLUMNS,
    SPEC,
    Row,
    batches,
    items,
    load,
    publish,
    reading,
    release,
    snapshot,
)

AWKWARD_NAMES = (
    "Sales",
    "sales",
    "select",
    "system",
    "sqlite",
    "sqlite_master",
    "json_each",
    "null",
    "a" * 60,
)


class SinkContract(
    QueryContract,
    GroupContract,
    ModeContract,
    ChangeContract,
    OwnerContract,
    PinnedContract,
    ReaderContract,
    ReleaseContract,
):
    """The contract of a sink and its store.

    Provide the fixture `sink`: a sink on an empty database that other processes reach by its `url`.
    """

    @pytest.fixture
    def sink(self) -> Sink:
        raise NotImplementedError("give the suite a `sink` fixture: a sink on an empty database")

    def test_before_the_first_release(self, sink: Sink) -> None:
        assert sink.active() is None
        store = sink.store()
        with pytest.raises(SinkError, match="nothing was published"):
            store.release()
        load(sink, "one", items())
        assert sink.active() is None
        with pytest.raises(SinkError, match="nothing was published"):
            store.find("items", Query())
        publish(sink, "first", items())
        assert store.release().id == "first"
        store.close()

    def test_rights_for_publishing_are_granted(self, sink: Sink) -> None:
        assert not [right for right in sink.rights() if right.refused]
        publish(sink, "first", items(3))
        active = sink.active()
        assert not [right for right in sink.rights() if right.refused]
        assert sink.active() == active

    def test_load_reports_the_table(self, sink: Sink) -> None:
        report = load(sink, "one", items())
        assert (report.sink, report.loaded) == (sink.label, True)
        assert report.seconds > 0
        served = report.served
        assert (served.table, served.snapshot, served.rows) == ("gold.items", "one", 60)
        assert (served.columns, served.key, served.indexes) == (COLUMNS, ("id",), SPEC.indexes)
        assert served.name.startswith("items__")

    def test_one_connection_serves_a_whole_publication(self, sink: Sink) -> None:
        with sink.connected() as connected:
            first = publish(connected, "first", items(20))
            assert connected.active() == first
            second = publish(connected, "second", items())
            assert connected.prune([]) == 1
        assert sink.active() == second
        assert reading(sink, lambda store: store.count("items", Query())) == 60

    def test_a_load_that_failed_leaves_a_shared_connection_as_it_was(self, sink: Sink) -> None:
        with sink.connected() as connected:
            publish(connected, "first", items(20))
            with pytest.raises(SinkError, match="not unique"):
                load(connected, "second", [*items(20), items(1)[0]])
            assert reading(sink, lambda store: store.count("items", Query())) == 20
            third = publish(connected, "third", items())
            assert connected.active() == third
        assert reading(sink, lambda store: store.count("items", Query())) == 60

    def test_load_is_idempotent(self, sink: Sink) -> None:
        first = load(sink, "one", items())
        second = load(sink, "one", items())
        assert (first.loaded, second.loaded) == (True, False)
        assert first.served == second.served
        publish_loaded(sink, first.served)
        assert reading(sink, lambda store: store.count("items", Query())) == 60

    def test_another_snapshot_or_another_spec_is_another_table(self, sink: Sink) -> None:
        changes: tuple[dict[str, Any], ...] = (
            {},
            {"key": ()},
            {"indexes": ()},
            {"columns": COLUMNS[:4], "indexes": ()},
        )
        reports = [load(sink, "one", items(), SPEC.model_copy(update=change)) for change in changes]
        reports.append(load(sink, "two", items()))
        assert all(report.loaded for report in reports)
        assert len({report.served.name for report in reports}) == 5

    def test_loading_does_not_change_what_is_served(self, sink: Sink) -> None:
        active = publish(sink, "first", items())
        load(sink, "other", items(10))
        assert sink.active() == active
        assert reading(sink, lambda store: store.count("items", Query())) == 60

    def test_missing_rows_are_reported_and_leave_nothing(self, sink: Sink) -> None:
        with pytest.raises(SinkError, match="60 rows arrived, the snapshot holds 61"):
            sink.load(SPEC, snapshot("one", 61), batches(items()))
        assert load(sink, "one", items()).loaded

    def test_a_duplicate_key_is_reported_and_leaves_nothing(self, sink: Sink) -> None:
        rows = [*items(), items()[7]]
        duplicate = rf"'items': key \(id\) is not unique: .* has {rows[7]['id']}"
        with pytest.raises(SinkError, match=duplicate):
            load(sink, "one", rows)
        rows = [{"id": 5, "name": "x", "amount": Decimal(1)}] * 2
        spec = TableSpec(name="pairs", columns=COLUMNS[:3], key=("amount", "name"))
        duplicate = r"'pairs': key \(amount, name\) is not unique: .* has 1.00, x"
        with pytest.raises(SinkError, match=duplicate):
            load(sink, "pairs", rows, spec)
        assert load(sink, "one", items()).loaded

    def test_a_null_key_is_reported(self, sink: Sink) -> None:
        with pytest.raises(SinkError, match="'name' is null"):
            load(sink, "one", items(), SPEC.model_copy(update={"key": ("id", "name")}))

    def test_an_integer_beyond_64_bits_is_stored_or_refused(self, sink: Sink) -> None:
        try:
            publish(sink, "large", [*items(), items()[0] | {"id": 99, "total": 2**63}])
        except SinkError as error:
            assert "table 'items': column 'total', row 61: " in error.message  # noqa: PT017 (or kept)
            assert load(sink, "snapshot-large", items()).loaded
        else:
            row = reading(sink, lambda store: store.get("items", 99))
            assert row is not None
            assert row["total"] == 2**63

    def test_a_key_or_index_on_an_unknown_column_is_reported(self, sink: Sink) -> None:
        for change in ({"key": ("nmae",)}, {"indexes": (("-nmae",),)}):
            with pytest.raises(CallError, match="did you mean 'name'"):
                load(sink, "one", items(), SPEC.model_copy(update=change))

    def test_a_broken_stream_leaves_nothing(self, sink: Sink) -> None:
        with pytest.raises(ZeroDivisionError):
            sink.load(SPEC, snapshot("one", 60), batches(_failing(40)))
        report = load(sink, "one", items())
        assert report.loaded
        publish_loaded(sink, report.served)
        assert reading(sink, lambda store: store.count("items", Query())) == 60

    def test_a_process_killed_while_loading_leaves_the_published_release(self, sink: Sink) -> None:
        active = publish(sink, "first", items(20))
        child = started(_load_and_die, sink)
        child.join(60)
        assert child.exitcode == -signal.SIGKILL
        assert sink.active() == active
        assert reading(sink, lambda store: store.count("items", Query())) == 20
        report = load(sink, "snapshot-second", items(50))
        assert report.loaded
        publish(sink, "second", items(50))
        assert reading(sink, lambda store: store.count("items", Query())) == 50
        sink.prune([])
        assert load(sink, "snapshot-second", items(50)).loaded is False

    def test_accepted_names_are_served_together(self, sink: Sink) -> None:
        unfit_names = dict(sink.unfit_names(AWKWARD_NAMES))
        assert all(unfit_names.values())
        specs = [
            SPEC.model_copy(update={"name": name})
            for name in AWKWARD_NAMES
            if name not in unfit_names
        ]
        loads = [
            load(sink, f"of {spec.name}", items(position + 1), spec)
            for position, spec in enumerate(specs)
        ]
        published = publish_loaded(sink, *(report.served for report in loads))
        sink.prune([published])
        for position, spec in enumerate(specs):
            assert reading(sink, partial(_count, spec.name)) == position + 1


def publish_loaded(sink: Sink, *served: Any) -> Release:
    """Activate a release of tables that are already loaded."""
    published = release(sink, f"of {len(served)}", served)
    sink.activate(published)
    return published


def _failing(count: int) -> Iterator[Row]:
    yield from items(count)
    raise ZeroDivisionError("the stream breaks")


def _dying(count: int) -> Iterator[Row]:
    yield from items(count)
    os.kill(os.getpid(), signal.SIGKILL)


def _load_and_die(sink: Sink) -> None:
    sink.load(SPEC, snapshot("snapshot-second", 50), batches(_dying(40)))


def _count(table: str, store: Store) -> int:
    return store.count(table, Query())
