"""The suite of layers finds one that loses rows, names too few objects, or marks too much."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from medallion.layers.parquet import ParquetLayer
from medallion.records import Snapshot
from medallion.storage import Storage
from medallion.storage.digests import Stored
from medallion.testing.layers import LayerContract

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

SUITE = LayerContract()


class Losing(ParquetLayer):
    """Reads all rows but one."""

    def scan(self, storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
        rows = super().scan(storage, snapshot, connection)
        return rows.limit(max(snapshot.rows - 1, 0))


class Emptying(ParquetLayer):
    """Reads a column of nulls."""

    def scan(self, storage: Storage, snapshot: Snapshot, connection: Connection) -> Relation:
        rows = super().scan(storage, snapshot, connection)
        return rows.project("* replace (null as gap)") if "gap" in rows.columns else rows


class Forgetful(ParquetLayer):
    """Names none of its objects."""

    def stored(self, snapshot: Snapshot) -> Iterable[Stored]:
        return []


class Marking(ParquetLayer):
    """Has the number of releases kept in its fingerprints."""

    def stored_as(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


@pytest.mark.parametrize(
    ("layer", "check"),
    [
        (Losing(retain=2), SUITE.test_tables_are_those_of_the_parquet_layer),
        (Emptying(retain=2), SUITE.test_tables_are_those_of_the_parquet_layer),
        (Forgetful(retain=2), SUITE.test_what_a_snapshot_needs_is_named),
    ],
)
def test_a_layer_that_is_wrong_is_found(
    tmp_path: Path,
    found: Callable[..., bool],
    layer: ParquetLayer,
    check: Callable[[Any, Path], None],
) -> None:
    assert found(lambda: check(layer, tmp_path))


def test_a_fingerprint_of_what_changes_no_file_is_found(found: Callable[..., bool]) -> None:
    check = SUITE.test_the_number_of_kept_releases_changes_no_fingerprint
    assert not found(lambda: check(ParquetLayer()))
    assert found(lambda: check(Marking()))
