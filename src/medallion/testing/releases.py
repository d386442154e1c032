"""The release half of the sink contract: switching, rolling back and pruning."""

from __future__ import annotations

import pytest

from medallion.contracts import Query, Sink
from medallion.errors import CallError, SinkError
from medallion.testing.readers import NUMBERS
from medallion.testing.served import items, load, publish, reading, release


class ReleaseContract:
    """Readers see exactly the active release; a part of `SinkContract`."""

    def test_activate_and_active(self, sink: Sink) -> None:
        first = publish(sink, "first", items())
        assert sink.active() == first
        sink.activate(first)
        assert sink.active() == first
        second = publish(sink, "second", items(10))
        assert sink.active() == second

    def test_a_release_whose_tables_are_not_loaded_is_refused(self, sink: Sink) -> None:
        first = publish(sink, "first", items())
        served = first.served[sink.label]["items"].model_copy(update={"name": "items__0"})
        with pytest.raises(SinkError, match="items__0"):
            sink.activate(release(sink, "second", [served]))
        assert sink.active() == first

    def test_rolling_back_needs_no_load(self, sink: Sink) -> None:
        first = publish(sink, "first", items(30))
        publish(sink, "second", items(10))
        store = sink.store()
        assert store.count("items", Query()) == 10
        sink.activate(first)
        assert store.count("items", Query()) == 30
        assert store.find("items", Query()).release == "first"
        store.close()

    def test_a_table_that_is_no_longer_served_is_unknown(self, sink: Sink) -> None:
        publish(sink, "first", items())
        publish(sink, "second", [{"id": 1}], NUMBERS)
        store = sink.store()
        assert set(store.tables()) == {"numbers"}
        with pytest.raises(CallError, match="no table 'items'"):
            store.find("items", Query())
        store.close()

    def test_prune_removes_what_no_kept_release_serves(self, sink: Sink) -> None:
        releases = [publish(sink, f"r{number}", items(10 + number)) for number in range(4)]
        load(sink, "never published", items())
        assert sink.prune(releases[2:]) == 3
        assert sink.prune(releases[2:]) == 0
        sink.activate(releases[2])
        assert reading(sink, lambda store: store.count("items", Query())) == 12
        with pytest.raises(SinkError, match="does not exist"):
            sink.activate(releases[0])
        assert load(sink, "snapshot-r0", items(10)).loaded

    def test_prune_spares_the_active_release_and_shared_tables(self, sink: Sink) -> None:
        first = publish(sink, "first", items())
        second = release(sink, "second", first.served[sink.label].values())
        sink.activate(second)
        assert sink.prune([second]) == 0
        assert sink.prune([]) == 0
        assert sink.active() == second
        assert reading(sink, lambda store: store.count("items", Query())) == 60
