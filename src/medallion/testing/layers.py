"""The contract of layers as a test suite: whole tables, partitions, releases and retention.

class TestMyLayer(LayerContract):
    @pytest.fixture
    def layer(self):
        return MyLayer()

The tables of a layer are compared with those of the `parquet` layer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medallion.contracts import Layer
from medallion.declaration.models import Declaration
from medallion.ops.verify import Inspection
from medallion.pipeline import Pipeline
from medallion.storage.digests import Stored

TYPES = """
    select id, n::integer as whole, (n || '.25')::decimal(12,2) as exact, n::double / 3 as part,
        day::date as day, day::timestamp as moment, n > '1' as flag, nullif(n, '2') as gap,
        [n, null] as list, {'a': n::integer, 'b': [day]} as struct, map {n: 1} as map
    from rows
"""


class LayerContract:
    """The contract of a layer. Provide the fixture `layer`, which is used for silver and gold."""

    @pytest.fixture
    def layer(self) -> Layer:
        raise NotImplementedError("give the suite a `layer` fixture: a layer with small `retain`")

    def test_tables_are_those_of_the_parquet_layer(self, layer: Layer, tmp_path: Path) -> None:
        ours, theirs = _pipelines(layer, tmp_path)
        for rows in ({1: "a1 b2 c3"}, {2: "a4 d5"}, {1: "b2", 3: "e6 d7"}, {1: "", 2: ""}):
            for pipeline in (ours, theirs):
                _write(pipeline.base, rows)
                pipeline.run()
            for name in ("silver.keyed", "silver.typed", "gold.days", "gold.typed"):
                assert _rows(ours, name) == _rows(theirs, name), (rows, name)
                assert _tally(ours, name) == _tally(theirs, name), (rows, name)

    def test_a_snapshot_stays_as_it_was(self, layer: Layer, tmp_path: Path) -> None:
        pipeline, _ = _pipelines(layer, tmp_path)
        _write(pipeline.base, {1: "a1 b2", 2: "b3"})
        first = pipeline.run().release
        before = {name: _rows(pipeline, name) for name in ("silver.keyed", "gold.typed")}
        _write(pipeline.base, {2: "c4", 3: "a5"})
        pipeline.run()
        assert not Inspection(pipeline, thorough=True).damages
        assert {name: _rows(pipeline, name, first) for name in before} == before
        assert pipeline.roll_back().id == first
        assert {name: _rows(pipeline, name) for name in before} == before

    def test_what_a_snapshot_needs_is_named(self, layer: Layer, tmp_path: Path) -> None:
        """A lost object is noticed, and computed again; retention keeps what is needed."""
        pipeline, _ = _pipelines(layer, tmp_path)
        _write(pipeline.base, {1: "a1 b2", 2: "b3"})
        pipeline.run()
        expected = _rows(pipeline, "silver.keyed")
        release = pipeline.lake.current()
        assert release
        for name in ("silver.keyed", "gold.typed"):
            source = pipeline.lake.input(release.tables[name], release)
            for item in [*source.layer.stored(source.snapshot)]:
                assert isinstance(item, Stored)
                source.storage.delete(item.path)
                assert item.path in pipeline.lake.lost(release, [name])[name]
        pipeline.run()
        pipeline.collect()
        assert _rows(pipeline, "silver.keyed") == expected
        current = pipeline.lake.current()
        assert current
        assert pipeline.lake.lost(current, pipeline.declaration.names()) == {}
        for name in ("silver.keyed", "gold.typed"):
            rows = _rows(pipeline, name)
            source = pipeline.lake.input(current.tables[name], current)
            needed = source.layer.objects(source.snapshot)
            for entry in source.storage.list(""):
                if entry.path not in needed:
                    source.storage.delete(entry.path)
            assert _rows(pipeline, name) == rows

    def test_the_number_of_kept_releases_changes_no_fingerprint(self, layer: Layer) -> None:
        other = layer.model_copy(update={"retain": layer.retain + 1})
        assert other.stored_as() == layer.stored_as()


def _pipelines(layer: Layer, folder: Path) -> tuple[Pipeline, Pipeline]:
    """A pipeline with the layer, and one with the `parquet` layer, without sources yet."""
    keyed = {
        "from": "bronze.rows",
        "steps": [{"cast": {"n": "integer"}}, {"deduplicate": {"key": "id"}}],
        "expect": [{"between": {"n": [1, 6]}, "on_fail": "quarantine"}],
    }
    totals = {"aggregate": {"by": "day", "metrics": {"total": "sum(n)"}}}
    tables: dict[str, Any] = {
        "bronze": {"rows": {"source": "data/*.csv"}},
        "silver": {
            "keyed": keyed,
            "typed": {"from": {"rows": "bronze.rows"}, "steps": [{"sql": TYPES}]},
        },
        "gold": {
            "days": {"from": "silver.keyed", "steps": [totals]},
            "typed": {"from": "silver.typed"},
        },
    }
    pipelines = []
    for name, kind in (("ours", layer), ("theirs", "parquet")):
        layers = {"bronze": "raw", "silver": kind, "gold": kind}
        declaration = Declaration.model_validate(
            {"name": name, "sinks": {}, "layers": layers, "tables": tables}
        )
        pipelines.append(Pipeline(declaration, base=folder / name))
    return pipelines[0], pipelines[1]


def _write(folder: Path, files: dict[int, str]) -> None:
    """Write source files: rows such as `a1`, of the id `a` and the number 1."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for number, rows in files.items():
        lines = "".join(f"{row[0]},{row[1:]},2024-01-{int(row[1:]):02}\n" for row in rows.split())
        (folder / f"data/{number}.csv").write_text(f"id,n,day\n{lines}")


def _rows(pipeline: Pipeline, table: str, release: str | None = None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pipeline.lake.table(table, release).to_arrow().to_pylist()
    return sorted(rows, key=str)


def _tally(pipeline: Pipeline, table: str) -> object:
    release = pipeline.lake.current()
    assert release
    return release.tables[table].rows, release.tables[table].tallies
