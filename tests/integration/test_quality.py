"""A table has the same figures on the command line, in the API and on the dashboard."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion.cli import report
from medallion.lake.quality import quality_of
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
        - aggregate: {by: shop, metrics: {revenue: sum(amount)}}
      expect:
        - {between: {revenue: [10, 1000]}, on_fail: quarantine}
  gold:
    top: {from: silver.shops}
"""
SALES = "shop,amount\na,5\na,6\nb,1\nc,20\nd,none\n"
PHASES = [("silver.shops", [5, 4, 0, 0, 1]), ("aggregate", [3, 2, 0, 0, 1])]


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> md.Pipeline:
    monkeypatch.delenv("COLUMNS", raising=False)
    (tmp_path / "medallion.yaml").write_text(YAML)
    (tmp_path / "sales.csv").write_text(SALES)
    return md.Pipeline.load(tmp_path / "medallion.yaml")


def numbers(cells: list[str]) -> list[int]:
    return [int(cell.replace(",", "")) for cell in cells]


def test_a_table_of_two_phases_has_one_set_of_figures_everywhere(
    pipeline: md.Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    run = pipeline.run()
    release = pipeline.lake.current()
    assert release is not None

    report.show(run)
    lines = [re.split(r"\s{2,}", line.strip()) for line in capsys.readouterr().out.splitlines()]
    printed = {line[0]: line for line in lines}
    html = quality_html(Quality(), release, Formats.of(Dashboard()))
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in html.split("<tr>")]
    drawn = {unescape(row[0]).removeprefix("silver.shops: "): row for row in rows if row}
    tables = TestClient(create_app(pipeline)).simulate_get("/quality").json["tables"]
    (answer,) = [table for table in tables if table["table"] == "silver.shops"]

    for (name, figures), served in zip(PHASES, [answer, *answer["later"]], strict=True):
        first = (
            2 if name == "silver.shops" else 1
        )  # the line of the table also says what happened to it
        assert numbers(printed[name][first : first + 5]) == figures
        assert numbers(drawn[name][1:6]) == figures
        assert [
            served[key] for key in ("rows_in", "kept", "deduplicated", "dropped", "quarantined")
        ] == figures
    assert answer["rows"] == 2
    assert answer["rules"] == {"cast amount": 1, "between revenue": 1}


def test_a_table_without_tallies_kept_all_its_rows() -> None:
    step = md.Run.model_validate(
        {
            "id": "r",
            "pipeline": "p",
            "status": "succeeded",
            "started": "2026-01-01T00:00:00Z",
            "steps": [{"table": "gold.a", "action": "computed", "why": "", "rows": 7}],
        }
    ).steps[0]
    quality = quality_of(step)
    assert (quality.rows_in, quality.kept, quality.lossless, quality.later) == (7, 7, True, ())
