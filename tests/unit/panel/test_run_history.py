"""The timeline of runs, and what each says."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import medallion as md
from medallion.records import Run, StepRun, Tally
from medallion_panel.blocks.run_history import NO_RUNS, run_history_html
from medallion_panel.lake_block_settings import RunHistory
from tests.unit.panel import lake_project
from tests.unit.panel.tables import FORMATS

COMPUTED = StepRun(
    table="silver.sales",
    action="computed",
    why="1 new file",
    rows=100,
    partitions=13,
    partitions_computed=1,
)


def entries(html: str) -> list[str]:
    """The texts of the runs, the newest first."""
    parts = re.findall("<details.*?</details>", html, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", part)).strip() for part in parts]


def test_each_run_says_what_it_did_and_what_differs(till: md.Pipeline) -> None:
    html = str(run_history_html(RunHistory(), till, FORMATS))
    stopped, unchanged, second, first = entries(html)
    release = till.lake.current()
    assert release is not None
    assert "Failed: silver.sales: quarantined: 2 of 5 rows" in stopped
    assert "medallion diff next shows what changed" in stopped
    assert f"Nothing new: release {release.id} stays" in unchanged
    assert f"Published release {release.id}, 3 tables computed" in second
    assert (
        "Compared with the run before: bronze.sales +2 rows; silver.sales +1 rows, +1 quarantined; "
        "gold.totals +1 rows."
    ) in second
    assert "Compared" not in first
    assert html.count("<details id") == 4
    assert html.count(" open>") == 1


def test_a_release_that_a_gate_stopped_can_be_seen(till: md.Pipeline) -> None:
    html = str(run_history_html(RunHistory(), till, FORMATS))
    assert "A rule stopped a release" in html
    assert "href='?release=next'" in html
    assert "<code>medallion publish next --force</code>" in html


def test_only_the_last_runs_are_shown(till: md.Pipeline) -> None:
    html = str(run_history_html(RunHistory(limit=2), till, FORMATS))
    assert len(entries(html)) == 2
    assert "Only the last 2 runs are shown." in html


def test_a_failed_run_says_why_without_paths_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "medallion.yaml").write_text(lake_project.YAML)
    pipeline = md.Pipeline.load(tmp_path / "medallion.yaml")
    assert run_history_html(RunHistory(), pipeline, FORMATS) == f"<p>{NO_RUNS}</p>"
    started = datetime.now(UTC) - timedelta(minutes=5)
    step = StepRun(
        table="gold.totals",
        action="failed",
        why="steps changed",
        seconds=2,
        error="cannot read /srv/data/<a>.csv",
        partitions=13,
        tallies=(Tally(label="", rows_in=10, kept=8, quarantined=2, rows_out=8),),
    )
    run = Run(
        id="20260101-000000-000000",
        pipeline="till",
        status="failed",
        started=started,
        finished=started + timedelta(seconds=3),
        steps=(step, COMPUTED),
        error="cannot read /srv/data/<a>.csv",
    )
    pipeline.lake.put_run(run)
    (entry,) = entries(str(run_history_html(RunHistory(), pipeline, FORMATS)))
    assert "Failed: cannot read &lt;a&gt;.csv" in entry
    assert "→ Correct the cause, then: medallion run" in entry
    assert "/srv" not in entry
    assert "3.00 s" in entry
    assert "silver.sales computed 1 computed, 12 reused 100" in entry


def test_the_time_of_one_run_is_below_its_bar_once(till: md.Pipeline) -> None:
    html = str(run_history_html(RunHistory(limit=1), till, FORMATS))
    ends = html.partition("class='ends'")[2].partition("</div>")[0]
    assert ends.count("<span>") == 1
