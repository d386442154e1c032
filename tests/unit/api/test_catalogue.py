"""The list of served tables."""

from __future__ import annotations

from pathlib import Path

from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.served import load, release
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.resources.catalogue import Catalogue
from tests.unit.api.conftest import COLUMNS, DESCRIPTION, ROWS, SPEC
from tests.unit.api.parts import Parts, client_of


def test_every_table_has_its_path_rows_key_and_columns(parts: Parts) -> None:
    client = client_of(tables=Catalogue(parts.reading, parts.replies))
    result = client.simulate_get("/tables", root_path="/v1")
    assert result.json == {
        "release": "one",
        "tables": [
            {
                "name": "clients",
                "path": "/v1/tables/clients",
                "description": "One row per client.",
                "rows": 4,
                "key": ["id"],
                "columns": [
                    {"name": name, "type": type_, "description": DESCRIPTION.columns.get(name, "")}
                    for name, type_ in COLUMNS.items()
                ],
            }
        ],
    }
    assert result.headers["X-Release"] == "one"


def test_tables_are_in_order_of_their_names(tmp_path: Path) -> None:
    sink = Sqlite(url=f"sqlite:{tmp_path}/serving.db")
    specs = [SPEC.model_copy(update={"name": name}) for name in ("b", "a", "c")]
    served = [load(sink, f"s-{spec.name}", ROWS, spec).served for spec in specs]
    sink.activate(release(sink, "one", served))
    store = sink.store()
    parts = Parts(ReleaseReader(store, sink.label, 10))
    tables = client_of(tables=Catalogue(parts.reading, parts.replies)).simulate_get("/tables").json
    store.close()
    assert [table["name"] for table in tables["tables"]] == ["a", "b", "c"]
