"""Ids and names of the jobs and runs that events are about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medallion.declaration.models import Declaration
from medallion.identifiers import now
from medallion.lineage.openlineage.run_events import RunEvents
from medallion.pipeline import Pipeline
from medallion.records import Run


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    tables: Any = {"bronze": {"t": {"source": "t.csv"}}}
    return Pipeline(Declaration(name="p", tables=tables, sinks={}), base=tmp_path)


@pytest.fixture
def run() -> Run:
    return Run(id="20261126-101010-123abc", pipeline="p", status="running", started=now())


def test_ids_depend_on_the_run_alone(pipeline: Pipeline, run: Run) -> None:
    first, again = (RunEvents(pipeline.context, run).began() for _ in range(2))
    assert first.run.runId == again.run.runId
    other = RunEvents(pipeline.context, run.model_copy(update={"id": "another"})).began()
    assert other.run.runId != first.run.runId


def test_the_environment_names_the_namespace_and_the_outer_run(
    pipeline: Pipeline, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert RunEvents(pipeline.context, run).began().job.namespace == "medallion"
    ident = "01a21843-82eb-7e7e-9fa9-0175f8fe50b7"
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "production")
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", f"airflow/dag.task/{ident}")
    event = RunEvents(pipeline.context, run).began()
    assert event.job.namespace == "production"
    assert event.run.facets
    parent = event.run.facets["parent"]
    assert parent.run.runId == ident
    assert (parent.job.namespace, parent.job.name) == ("airflow", "dag.task")


def test_an_outer_run_without_an_id_is_ignored(
    pipeline: Pipeline, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", "airflow")
    assert "parent" not in (RunEvents(pipeline.context, run).began().run.facets or {})
