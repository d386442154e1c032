"""What every sink has without writing it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from medallion.contracts import Flaw, Sink
from medallion.errors import SinkError
from medallion.records import Owner, Release
from medallion.secrets import mask
from tests.unit.contracts.test_store import RELEASE, Shelf

OWNER = Owner(lake="l", pipeline="shop", token=1, run="r")


class ShelfSink(Sink):
    """The least that a sink has: a store, and methods that nobody calls here."""

    name: ClassVar[str] = "shelf"

    def owner(self) -> Owner | None:
        return self._writer

    def claim(self, owner: Owner) -> None:
        raise NotImplementedError

    def load(self, table: Any, snapshot: Any, rows: Any) -> Any:
        raise NotImplementedError

    def activate(self, release: Release) -> None:
        raise NotImplementedError

    def active(self) -> Release | None:
        return RELEASE

    def prune(self, keep: Any) -> int:
        return 0

    def store(self) -> Shelf:
        return Shelf()


@pytest.fixture
def sink() -> ShelfSink:
    return ShelfSink(url="shelf://user:s3cret-word@host/x")


def test_the_password_of_its_url_is_masked_and_the_url_is_not_in_its_repr(sink: ShelfSink) -> None:
    assert mask("s3cret-word") == "***"
    assert "host" not in repr(sink)


def test_a_batch_has_at_least_one_row() -> None:
    assert ShelfSink(url="x").batch == 10_000
    with pytest.raises(ValidationError):
        ShelfSink(url="x", batch=0)


def test_by_default_it_is_a_server_that_accepts_all_names_and_knows_no_loaded_tables(
    sink: ShelfSink,
) -> None:
    assert sink.located(Path("/base")) is sink
    assert sink.file() is None
    assert list(sink.unfit_names(["select", "x" * 60])) == []
    assert sink.loaded() == frozenset()
    assert list(sink.rights()) == []
    with sink.connected() as connected:
        assert connected is sink


def test_a_writer_has_a_sink_of_its_own(sink: ShelfSink) -> None:
    written = sink.written_by(OWNER)
    assert (written.owner(), sink.owner()) == (OWNER, None)
    assert written.url == sink.url


def test_a_table_with_another_number_of_rows_is_a_flaw(sink: ShelfSink) -> None:
    assert list(sink.flaws(RELEASE)) == []
    served = RELEASE.served["serving"]["points"]
    wrong = served.model_copy(update={"rows": 1_234})
    release = RELEASE.model_copy(update={"served": {"serving": {"points": wrong}}})
    assert list(sink.flaws(release)) == [Flaw("points", "has 3 rows; 1,234 were loaded")]
    assert list(sink.flaws(release, rows=1_233)) == []
    assert list(sink.flaws(release, rows=1_234)) != []
    other = ShelfSink(url="x", label="other")
    assert list(other.flaws(release)) == []


def test_damaged_tables_are_not_moved_aside_by_default(sink: ShelfSink) -> None:
    with pytest.raises(SinkError, match="serving: damaged tables cannot be replaced") as error:
        sink.discard(RELEASE, ["points"], "mark")
    assert error.value.hint
