"""Code that reads a table."""

from __future__ import annotations

from pathlib import Path

import pytest

import medallion as md
from medallion_panel.blocks.table_code import TableCode, table_snippets
from tests.unit.panel import lake_project
from tests.unit.panel.tables import FORMATS


def texts(pipeline: md.Pipeline, till: md.Pipeline, table: str) -> dict[str, str]:
    release = till.lake.current()
    assert release is not None
    snippets = table_snippets(table, pipeline, release.summary(), FORMATS.say)
    return {each["title"]: each["text"] for each in snippets}


def test_a_served_table_can_be_read_in_many_ways(
    till: md.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = texts(till, till, "gold.totals")
    monkeypatch.chdir(till.base)
    names: dict[str, object] = {}
    exec(code["Python"], names)  # noqa: S102 (it is the code under test)
    exec(code["Polars"], names)  # noqa: S102
    assert sorted(names["frame"]["country"]) == ["France", "Italy"]  # type: ignore[index]
    assert code["DuckDB"] == "duckdb -c \"select * from 'lake/gold/totals.parquet' limit 20\""
    assert code["SQL (sqlite)"] == 'select * from "totals" limit 20;'
    assert code["curl, with medallion serve running"].endswith(
        "http://localhost:8000/tables/totals?limit=all'"
    )


def test_other_tables_are_read_by_medallion(till: md.Pipeline) -> None:
    assert list(texts(till, till, "silver.sales")) == ["Python", "Command line"]


def test_no_path_of_the_server_is_shown(till: md.Pipeline, tmp_path: Path) -> None:
    text = lake_project.YAML.replace("lake: lake", f"lake: {tmp_path}/secret")
    (tmp_path / "medallion.yaml").write_text(text)
    code = texts(md.Pipeline.load(tmp_path / "medallion.yaml"), till, "gold.totals")
    assert not any(str(tmp_path) in each for each in code.values())


def test_an_api_and_a_delta_layer_are_named(
    till: md.Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = lake_project.YAML.replace(
        "lake: lake\n", "lake: lake\nlayers: {bronze: raw, silver: parquet, gold: delta}\n"
    )
    (tmp_path / "medallion.yaml").write_text(text)
    monkeypatch.setenv("MEDALLION_API_URL", "https://shop.example.org/")
    monkeypatch.setenv("MEDALLION_API_KEY", "hidden")
    code = texts(md.Pipeline.load(tmp_path / "medallion.yaml"), till, "gold.totals")
    assert "pl.read_delta('lake/gold/totals')" in code["Polars"]
    assert "delta_scan('lake/gold/totals')" in code["DuckDB"]
    assert "https://shop.example.org/tables/totals?limit=all" in code["curl"]
    assert "$MEDALLION_API_KEY" in code["curl"]
    assert "hidden" not in code["curl"]


def test_the_list_is_open() -> None:
    code = TableCode(FORMATS.say)
    code.show([{"title": "Python", "text": "1"}])
    assert code.view.opened
    assert code.view.items == [{"title": "Python", "text": "1"}]
