"""A published table in SQLite, and the API's resources on it without a server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from falcon.testing import TestClient

from medallion.contracts import TableSpec
from medallion.records import Column, Release, TableDescription
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.served import Row, publish
from medallion_api.cache.release_reader import ReleaseReader
from tests.unit.api.parts import Parts

TestClient.__test__ = False  # type: ignore[attr-defined]

COLUMNS = {
    "id": "int64",
    "name": "text",
    "country": "text",
    "spent": "decimal(12,2)",
    "rate": "float64",
    "since": "date",
    "tags": "list<text>",
}
SPEC = TableSpec(
    name="clients",
    columns=tuple(Column(name=name, type=type_) for name, type_ in COLUMNS.items()),
    key=("id",),
    indexes=(("-spent",),),
)


DESCRIPTION = TableDescription(
    text="One row per client.", columns={"spent": "Sum of all purchases, in euros."}
)


def client(ident: int, name: str | None, country: str | None, spent: str, rate: float) -> Row:
    return {
        "id": ident,
        "name": name,
        "country": country,
        "spent": Decimal(spent),
        "rate": rate,
        "since": date(2024, ident, 1),
        "tags": ["a", None],
    }


ROWS = [
    client(1, "Ann", "IE", "10.50", 0.5),
    client(2, "Zoë, 🙂", "DE", "2.25", float("inf")),
    client(3, None, "IE", "0.25", 1.5),
    client(4, "", None, "-1.00", 2.0),
]


@pytest.fixture(scope="session")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    return Sqlite(url=f"sqlite:{tmp_path_factory.mktemp('served')}/serving.db")


@pytest.fixture(scope="session")
def release(sink: Sqlite) -> Release:
    """The active release: four clients."""
    described = publish(sink, "one", ROWS, SPEC).model_copy(
        update={"descriptions": {"gold.clients": DESCRIPTION}}
    )
    sink.activate(described)
    return described


@pytest.fixture
def parts(sink: Sqlite, release: Release) -> Iterator[Parts]:
    """The parts of an API on it, each test with its own caches."""
    assert release.id == "one"
    store = sink.store()
    yield Parts(ReleaseReader(store, sink.label, 10))
    store.close()
