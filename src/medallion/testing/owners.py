"""Ownership in the sink contract: one lake's pipeline at a time, and only its newest writer."""

from __future__ import annotations

import pytest

from medallion.contracts import Query, Sink
from medallion.errors import LeaseError, OwnershipError, SinkError
from medallion.records import Owner
from medallion.testing.served import items, load, publish, release

MINE = Owner(lake="a", pipeline="mine", token=5, run="r5")
LATER = MINE.model_copy(update={"token": 6, "run": "r6"})
ANOTHER = Owner(lake="b", pipeline="another", token=9, run="r9")


class OwnerContract:
    """A database accepts only its owner's newest writer; a part of `SinkContract`."""

    def test_an_empty_database_has_no_owner(self, sink: Sink) -> None:
        assert sink.owner() is None
        load(sink.written_by(MINE), "one", items(3))
        assert sink.owner() is None
        assert sink.active() is None

    def test_activate_records_the_owner(self, sink: Sink) -> None:
        first = publish(sink.written_by(MINE), "first", items(3))
        assert sink.owner() == MINE
        sink.written_by(MINE).activate(first)
        publish(sink.written_by(LATER), "second", items(4))
        assert sink.owner() == LATER

    def test_another_lake_is_refused_naming_both(self, sink: Sink) -> None:
        first = publish(sink.written_by(MINE), "first", items(3))
        intruder = sink.written_by(ANOTHER)
        attempts = (
            lambda: load(intruder, "x", items(2)),
            lambda: intruder.activate(first),
            lambda: intruder.prune([]),
        )
        for attempt in attempts:
            with pytest.raises(OwnershipError, match=r"'mine'.*'another'") as error:
                attempt()
            assert "medallion adopt" in error.value.hint
        assert sink.active() == first
        assert sink.owner() == MINE

    def test_an_older_writer_is_refused(self, sink: Sink) -> None:
        first = publish(sink.written_by(MINE), "first", items(3))
        second = publish(sink.written_by(LATER), "second", items(4))
        same = MINE.model_copy(update={"token": 6, "run": "a run with the same token"})
        for writer in (sink.written_by(MINE), sink.written_by(same)):
            attempts = (
                lambda writer=writer: load(writer, "x", items(2)),
                lambda writer=writer: writer.activate(first),
                lambda writer=writer: writer.prune([first]),
            )
            for attempt in attempts:
                with pytest.raises(LeaseError, match="r6 has published"):
                    attempt()
        assert sink.active() == second
        store = sink.store()
        assert store.count("items", Query()) == 4
        store.close()

    def test_an_older_writer_does_not_prune_what_a_newer_one_loads(self, sink: Sink) -> None:
        publish(sink.written_by(MINE), "first", items(3))
        served = load(sink.written_by(LATER), "snapshot-second", items(4)).served
        try:
            sink.written_by(MINE).prune([])
            second = release(sink, "second", [served])
            sink.written_by(LATER).activate(second)
        except SinkError:
            # The older writer removed the table before the switch: the release was refused
            # instead of being published without its rows. Loading it again must succeed.
            second = publish(sink.written_by(LATER), "second", items(4))
        assert sink.active() == second
        store = sink.store()
        assert store.count("items", Query()) == 4
        store.close()

    def test_a_database_can_be_taken_over(self, sink: Sink) -> None:
        first = publish(sink.written_by(ANOTHER), "first", items(3))
        accepted = MINE.model_copy(update={"accepted": first.id})
        sink.claim(accepted)
        assert sink.owner() == accepted
        assert sink.active() == first
        with pytest.raises(OwnershipError, match=r"'mine'.*'another'"):
            publish(sink.written_by(ANOTHER), "second", items(4))
        second = publish(sink.written_by(LATER), "third", items(5))
        assert sink.active() == second

    def test_a_database_can_be_taken_over_before_anything_is_published(self, sink: Sink) -> None:
        sink.claim(MINE)
        assert sink.active() is None
        store = sink.store()
        with pytest.raises(SinkError, match="nothing was published"):
            store.release()
        store.close()
        with pytest.raises(OwnershipError):
            load(sink.written_by(ANOTHER), "one", items(3))
