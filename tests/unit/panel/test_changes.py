"""What differs between the release on the dashboard and the one before it."""

from __future__ import annotations

from pathlib import Path

import pytest

import medallion as md
from medallion.lake.candidates import candidate
from medallion_panel.block_settings import Changes
from medallion_panel.blocks.changes import changes_html
from medallion_panel.section import Dashboard
from medallion_panel.ui.formats import Formats
from tests.integration import small
from tests.unit.panel.tables import FORMATS


@pytest.fixture
def pipeline(tmp_path: Path) -> md.Pipeline:
    return small.publish(tmp_path)


def page(pipeline: md.Pipeline, rows: int = 10) -> str:
    release = pipeline.store().release()
    return str(changes_html(Changes(rows=rows), pipeline, release, FORMATS))


def test_the_first_release_has_none_before_it(pipeline: md.Pipeline) -> None:
    assert "There is no release before this one" in page(pipeline)


def test_served_tables_are_compared(pipeline: md.Pipeline) -> None:
    (Path(pipeline.base) / "data/orders/2024-03.csv").write_text(small.MARCH.replace("7,b", "7,a"))
    pipeline.run()
    html = page(pipeline)
    assert "gold.by_client: 1 row changed" in html
    assert "<td>client_id = a</td><td>orders 2 → 3 (+1, +50 %)" in html
    assert "silver.orders:" not in html.partition("<details>")[0]
    assert "and 1 more row" in page(pipeline, rows=0)
    german = Formats.of(Dashboard(locale="de_DE"))
    html = str(changes_html(Changes(), pipeline, pipeline.store().release(), german))
    assert "gold.by_client: 1 Zeile geändert" in html
    assert "<th scope='col'>Zeilen vorher</th>" in html


def test_a_table_that_was_declared_since_is_left_out(pipeline: md.Pipeline) -> None:
    (Path(pipeline.base) / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run()
    file = Path(pipeline.base) / "medallion.yaml"
    file.write_text(
        file.read_text().replace("    total:\n", "    later: {from: silver.orders}\n    total:\n")
    )
    assert "gold.later" not in page(small.load(Path(pipeline.base)))


def test_a_candidate_is_compared_with_the_release_before(pipeline: md.Pipeline) -> None:
    (Path(pipeline.base) / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run(candidate="try")
    release = candidate(pipeline.lake, "try").release
    html = str(changes_html(Changes(), pipeline, release.summary(), FORMATS))
    assert f"→ {release.id}: " in html
    assert "gold.by_client: 1 row changed" in html
