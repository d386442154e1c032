"""A table has the same figures on the command line, in the API, in Python and on the dashboard."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion.cli import main
from medallion.records import Run
from medallion_api.app import create_app
from medallion_panel.block_settings import Quality
from medallion_panel.blocks.quality import quality_html
from medallion_panel.section import Dashboard
from medallion_panel.ui.formats import Formats

YAML = """\
name: phases
sinks: {serving: {url: "sqlite:lake/serving.db"}}
tables:
  bronze:
    sales: {source: sales.csv}
  silver:
    shops:
      from: bronze.sales
      steps:
        - cast: {amount: integer}
        - deduplicate: {key: id}
        - filter: amount > 0
        - aggregate: {by: shop, metrics: {revenue: sum(amount)}}
        - filter: shop <> 'e'
      expect:
        - {between: {revenue: [10, 1000]}, on_fail: quarantine}
        - {expression: "shop <> 'f'", on_fail: drop}
  gold:
    top: {from: silver.shops}
"""
# Of nine records, d has no number, a is there twice and b is 0; of the five shops of the other six
# records, c has too little revenue, e is left out and f is dropped.
SALES = """\
id,shop,amount
1,a,5
1,a,5
2,a,6
3,b,0
4,b,20
5,c,1
6,d,none
7,e,50
8,f,50
"""
FIGURES = ("rows_in", "kept", "deduplicated", "dropped", "quarantined")
PHASES = [("silver.shops", [9, 6, 1, 1, 1]), ("aggregate", [5, 2, 0, 2, 1])]
RULES = {
    "cast amount": 1,
    "exact duplicate id": 1,
    "filter": 2,
    "between revenue": 1,
    "expression shop": 1,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phases")
    (folder / "medallion.yaml").write_text(YAML)
    (folder / "sales.csv").write_text(SALES)
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return md.Pipeline.load(folder / "medallion.yaml").run()


@pytest.fixture
def pipeline(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> md.Pipeline:
    assert run.release
    monkeypatch.delenv("COLUMNS", raising=False)
    return md.Pipeline.load(folder / "medallion.yaml")


def printed(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main(["-C", str(folder), *arguments])
    assert end.value.code == 0
    return capsys.readouterr().out


def phases(lines: dict[str, list[str]], first: int) -> list[tuple[str, list[int]]]:
    """The figures of the phases, of which the cells begin at `first`, or one earlier if later."""
    return [
        (name, [int(cell.replace(",", "")) for cell in lines[name][start : start + len(FIGURES)]])
        for name, start in (("silver.shops", first), ("aggregate", first - 1))
    ]


def cells(text: str) -> dict[str, list[str]]:
    """The lines of a printed table by their first cell."""
    rows = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    return {row[0]: row for row in rows}


def figures(document: dict[str, Any]) -> list[tuple[str, list[int]]]:
    return [
        (name, [phase[figure] for figure in FIGURES])
        for name, phase in (("silver.shops", document), ("aggregate", document["later"][0]))
    ]


def test_the_report_of_a_run(
    pipeline: md.Pipeline, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    out = printed(pipeline.base, capsys, "runs", run.id)
    assert phases(cells(out), 2) == PHASES


def test_the_status(pipeline: md.Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    lines = cells(printed(pipeline.base, capsys, "status"))
    assert lines["silver.shops"][1] == lines["aggregate"][1] == "2"
    lines["aggregate"].pop(1)
    assert phases(lines, 2) == PHASES
    document = json.loads(printed(pipeline.base, capsys, "status", "--json"))
    (quality,) = [
        item for item in document["release"]["quality"] if item["table"] == "silver.shops"
    ]
    assert figures(quality) == PHASES
    assert quality["rules"] == RULES


def test_the_quarantine(pipeline: md.Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    counts = json.loads(printed(pipeline.base, capsys, "quarantine", "--json"))
    rules = {f"{count['rule']} {count['column'] or ''}".strip(): count["rows"] for count in counts}
    assert rules == {rule: RULES[rule] for rule in ("cast amount", "between revenue")}
    assert sum(rules.values()) == sum(phase[-1] for _, phase in PHASES)


def test_the_api_and_its_metrics(pipeline: md.Pipeline) -> None:
    client = TestClient(create_app(pipeline))
    tables = client.simulate_get("/quality").json["tables"]
    (quality,) = [table for table in tables if table["table"] == "silver.shops"]
    assert figures(quality) == PHASES
    assert (quality["rows"], quality["rules"]) == (2, RULES)
    metrics = client.simulate_get("/metrics").text
    assert f'quarantine_ratio{{table="silver.shops"}} {1 / 9}' in metrics
    assert f'quarantine_ratio{{phase="aggregate",table="silver.shops"}} {1 / 5}' in metrics


def test_the_dashboard(pipeline: md.Pipeline) -> None:
    release = pipeline.lake.current()
    assert release is not None
    html = quality_html(Quality(), release, Formats.of(Dashboard()))
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in html.split("<tr>")]
    lines = {unescape(row[0]).removeprefix("silver.shops: "): row for row in rows if row}
    assert [(name, [int(cell) for cell in lines[name][1:6]]) for name, _ in PHASES] == PHASES
    for rule, count in RULES.items():
        assert f"silver.shops: {rule} <b>{count}</b>" in html


def test_python_and_notebooks(pipeline: md.Pipeline, run: Run) -> None:
    listed = [
        (row["phase"] or row["table"], [row[figure] for figure in FIGURES])
        for row in pipeline.lake.quality()
        if row["table"] == "silver.shops"
    ]
    assert listed == PHASES
    page = run._repr_html_()
    for name, phase in PHASES:
        row = next(row for row in page.split("<tr>") if f"{name}</td>" in row)
        assert "".join(f"<td>{figure}</td>" for figure in phase) in row
