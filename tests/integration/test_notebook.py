"""Objects in a notebook: short representations, frames, HTML tables and a progress bar."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import CallError
from medallion.run.progress import in_notebook
from tests.integration import small


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    folder = tmp_path_factory.mktemp("notebook")
    small.write(folder)
    pipeline = small.load(folder)
    pipeline.run()
    return pipeline


def test_representations_are_short_and_say_what_it_is(pipeline: md.Pipeline) -> None:
    release = pipeline.lake.current()
    assert release is not None
    (run,) = [run for run in pipeline.lake.runs() if run.id == release.run]
    assert repr(pipeline).startswith("<Pipeline small: 2 bronze, 2 silver, 2 gold; lake ")
    assert repr(pipeline.lake).startswith("<Lake ")
    assert repr(release) == f"<Release {release.id} of small: 6 tables>"
    assert run.finished is not None
    seconds = f"{(run.finished - run.started).total_seconds():.1f}"
    assert (
        repr(run)
        == f"<Run {run.id} of small: succeeded, 6 tables in {seconds} s, release {release.id}>"
    )
    assert (
        repr(pipeline.lake.table("gold.total"))
        == f"<LakeTable gold.total: 1 row, release {release.id}>"
    )
    assert "silver.orders" in pipeline._repr_html_()
    assert re.fullmatch(r"<SqliteStore sqlite:.*serving\.db>", repr(pipeline.store()))
    assert repr(pipeline.plan()) == "<Plan: 0 of 6 tables to compute>"


def test_a_table_shows_its_first_rows_with_every_text_escaped(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n<script>alert(1)</script>\n")
    (tmp_path / "medallion.yaml").write_text(
        "name: hostile\nsinks: {}\ntables: {bronze: {a: {source: a.csv}}, gold: {a: {from: bronze.a}}}\n"
    )
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    pipeline.run()
    html = pipeline.lake.table("gold.a")._repr_html_()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>" not in html


def test_tables_and_quality_are_frames(pipeline: md.Pipeline) -> None:
    tables = pipeline.lake.tables()
    assert [row["table"] for row in tables] == list(pipeline.declaration.names())
    frame = tables.to_pandas().set_index("table")
    assert frame.loc["gold.total", "rows"] == 1
    assert frame.loc["gold.total", "columns"] == "orders, revenue"
    quality = pipeline.lake.quality().to_pandas().set_index(["table", "phase"])
    orders = quality.loc[("silver.orders", "")]
    assert (
        orders["rows_in"]
        == orders["kept"] + orders["deduplicated"] + orders["dropped"] + orders["quarantined"]
    )
    assert ("gold.total", "aggregate") in quality.index
    assert len(pipeline.lake.quality().to_polars()) == len(quality)
    assert "silver.orders" in pipeline.lake.quality()._repr_html_()


def test_quarantine_is_a_frame(pipeline: md.Pipeline) -> None:
    rejects = pipeline.lake.quarantine()
    frame = rejects.to_pandas()
    assert len(rejects) == len(frame) > 0
    assert set(frame["table"]) == {"silver.orders"}
    assert frame.loc[frame["rule"] == "cast", "value"].tolist() == ["abc", "2024-02-30"]
    assert len(pipeline.lake.quarantine("gold.total").to_pandas()) == 0
    assert "2024-02-30" in rejects._repr_html_()
    with pytest.raises(CallError, match=r"did you mean 'silver\.orders'"):
        pipeline.lake.quarantine("silver.order")


def test_some_tables_alone_are_computed(pipeline: md.Pipeline) -> None:
    for only in (["gold.total"], "gold.total"):
        run = pipeline.run(only=only, full=True)
        assert [step.table for step in run.steps if step.action == "computed"] == ["gold.total"]
    with pytest.raises(
        CallError, match=r"there is no table 'gold\.totl'; did you mean 'gold\.total'"
    ):
        pipeline.run(only=["gold.totl"])


def test_a_bar_is_drawn_when_asked_for_and_in_a_notebook(
    pipeline: md.Pipeline, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    pipeline.run(full=True)
    assert capsys.readouterr().out == ""
    pipeline.run(full=True, progress=True)
    assert "computing" in capsys.readouterr().out
    assert not in_notebook()
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert in_notebook()
