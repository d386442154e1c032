"""Runs are reported only where OpenLineage is configured and installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from medallion.declaration.models import Declaration
from medallion.lineage.openlineage.reporting import reported
from medallion.pipeline import Pipeline
from medallion.run.run_log import Event
from tests.lineage_collector import collecting

TABLES: Any = {"bronze": {"t": {"source": "t.csv"}}}
WITHOUT = """
import sys
sys.modules["openlineage"] = None
from medallion import Declaration, Pipeline
tables = {"bronze": {"t": {"source": "t.csv"}}}
print(Pipeline(Declaration(name="p", tables=tables, sinks={})).run().status)
"""


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return Pipeline(Declaration(name="p", tables=TABLES, sinks={}), base=tmp_path)


def test_without_configuration_the_watcher_is_the_given_one(pipeline: Pipeline) -> None:
    events: list[Event] = []
    with reported(pipeline.context, events.append) as watch:
        assert watch == events.append


def test_a_file_that_does_not_exist_is_a_warning(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENLINEAGE_CONFIG", "nowhere.yml")
    with reported(pipeline.context, print) as watch:
        assert watch == print
    assert caplog.messages == [
        "OpenLineage: no events are sent: nowhere.yml: no such file\n  → OPENLINEAGE_CONFIG names it"
    ]


def test_each_run_of_a_process_sends_where_its_variables_say(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("t.csv").write_text("id\n1\n")
    for _ in range(2):
        with collecting() as collector:
            monkeypatch.setenv("OPENLINEAGE_URL", collector.url)
            pipeline.run()
        assert collector.states("p")[-1] == "COMPLETE"
    assert [name for name in os.environ if name.startswith("OPENLINEAGE_")] == ["OPENLINEAGE_URL"]


def test_a_missing_package_is_a_warning_that_names_the_extra(tmp_path: Path) -> None:
    """A run must not fail because somebody set a variable for all programs of a machine."""
    (tmp_path / "t.csv").write_text("id\n1\n")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        cwd=tmp_path,
        env={"OPENLINEAGE_URL": "http://localhost:9"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "succeeded\n"
    assert "pip install 'medallion-lake[openlineage]'" in done.stderr
