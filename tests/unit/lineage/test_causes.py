"""What made a table differ: source files, inputs, steps, expectations, plugin versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.lineage.causes import causes
from medallion.transforms.trim import Trim


def project(folder: Path) -> dict[str, Any]:
    (folder / "data").mkdir()
    (folder / "data/a.csv").write_text("id,amount\n1,5\n2,6\n")
    (folder / "data/b.csv").write_text("id,amount\n3,7\n")
    return {
        "name": "shop",
        "lake": "lake",
        "tables": {
            "bronze": {"sales": {"source": "data/*.csv"}},
            "silver": {
                "sales": {
                    "from": "bronze.sales",
                    "steps": ["trim", {"cast": {"amount": "integer"}}],
                    "expect": [{"not_null": "id", "on_fail": "drop"}],
                },
                "other": {"from": "bronze.sales"},
            },
            "gold": {"sales": {"from": "silver.sales"}},
        },
        "sinks": {},
    }


def run(folder: Path, declaration: dict[str, Any]) -> md.Release:
    pipeline = md.Pipeline(md.Declaration.model_validate(declaration), base=folder)
    pipeline.run()
    release = pipeline.lake.current()
    assert release is not None
    return release


def said(before: md.Release, after: md.Release, table: str = "gold.sales") -> list[Any]:
    return [
        (item.table, item.kind, item.name, item.change, item.detail)
        for item in causes(before, after, table)
    ]


def test_source_files_are_named_where_they_are_read(tmp_path: Path) -> None:
    declaration = project(tmp_path)
    before = run(tmp_path, declaration)
    (tmp_path / "data/a.csv").write_text("id,amount\n1,5\n2,9\n")
    (tmp_path / "data/b.csv").rename(tmp_path / "data/c.csv")
    after = run(tmp_path, declaration)
    assert said(before, after) == [
        ("bronze.sales", "file", "data/a.csv", "changed", ""),
        ("bronze.sales", "file", "data/b.csv", "retracted", ""),
        ("bronze.sales", "file", "data/c.csv", "new", ""),
    ]
    assert said(before, before) == []


def test_edits_are_named_with_old_and_new_settings(tmp_path: Path) -> None:
    declaration = project(tmp_path)
    before = run(tmp_path, declaration)
    silver = declaration["tables"]["silver"]["sales"]
    silver["steps"] = [{"cast": {"amount": "decimal(12,2)"}}, {"filter": "id <> '2'"}]
    silver["expect"] = [{"not_null": "id", "on_fail": "quarantine"}]
    declaration["layers"] = {
        "bronze": "raw",
        "silver": {"type": "parquet", "compression": "zstd"},
        "gold": "parquet",
    }
    after = run(tmp_path, declaration)
    assert said(before, after) == [
        ("silver.sales", "step", "trim", "removed", ""),
        ("silver.sales", "step", "cast", "changed", "columns.amount: integer → decimal(12,2)"),
        ("silver.sales", "step", "filter", "new", ""),
        ("silver.sales", "expectation", "not_null", "changed", "on_fail: drop → quarantine"),
        ("silver.sales", "layer", "parquet", "changed", "compression: snappy → zstd"),
    ]


def test_another_version_of_a_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declaration = project(tmp_path)
    before = run(tmp_path, declaration)
    monkeypatch.setattr(Trim, "version", Trim.version + 1)
    versions = f"version {Trim.version - 1} → {Trim.version}"
    after = run(tmp_path, declaration)
    assert said(before, after) == [("silver.sales", "step", "trim", "changed", versions)]


def test_tables_that_are_new_or_read_others(tmp_path: Path) -> None:
    declaration = project(tmp_path)
    before = run(tmp_path, declaration)
    del declaration["tables"]["silver"]["sales"]
    declaration["tables"]["gold"]["sales"]["from"] = "silver.other"
    after = run(tmp_path, declaration)
    assert said(before, after) == [
        ("silver.sales", "table", "silver.sales", "removed", ""),
        ("gold.sales", "input", "silver.other", "new", ""),
        ("gold.sales", "input", "silver.sales", "removed", ""),
    ]


def test_an_edit_that_was_not_recorded_is_an_edit(tmp_path: Path) -> None:
    declaration = project(tmp_path)
    before = run(tmp_path, declaration)
    declaration["tables"]["silver"]["sales"]["steps"] = ["trim"]
    after = run(tmp_path, declaration)
    tables = {name: item.model_copy(update={"made_by": ()}) for name, item in before.tables.items()}
    older = before.model_copy(update={"tables": tables})
    assert said(older, after) == [("silver.sales", "declaration", "silver.sales", "changed", "")]
