"""The OpenLineage events of one run: of the pipeline, of each table, and of each served table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from importlib import metadata

from openlineage.client.event_v2 import (
    InputDataset,
    Job,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
)
from openlineage.client.facet_v2 import (
    JobFacet,
    RunFacet,
    documentation_job,
    error_message_run,
    job_type_job,
    parent_run,
    processing_engine_run,
    sql_job,
)
from openlineage.client.uuid import generate_static_uuid

from medallion.declaration.models import Source, Table
from medallion.entry_points import OWN
from medallion.lineage.columns import LineageGraph
from medallion.lineage.openlineage import facets
from medallion.lineage.openlineage.dataset_names import DatasetName, DatasetNames
from medallion.records import LoadReport, Release, Snapshot, StepRun
from medallion.records import Run as RunRecord
from medallion.run.context import RunContext
from medallion.secrets import mask

_NAMESPACE = "medallion"


class RunEvents:
    """Builds the events of one run.

    Parameters: `run` is its record when it begins. Ids of OpenLineage runs follow from it:
    the same run always has the same ones.
    """

    def __init__(self, context: RunContext, run: RunRecord) -> None:
        self.context = context
        self.names = DatasetNames(context)
        self.run = run
        self.namespace = os.environ.get("OPENLINEAGE_NAMESPACE") or _NAMESPACE

    @cached_property
    def graph(self) -> LineageGraph:
        """The columns of all tables, each with those that it is made of."""
        return LineageGraph(self.context)

    # The pipeline

    def began(self) -> RunEvent:
        """The run has begun."""
        return self._of_pipeline(RunState.START, self.run.started, self.run, {})

    def ended(self, run: RunRecord, *, aborted: bool) -> RunEvent:
        """The run has ended: with a release, with a candidate, or with an error."""
        state = RunState.COMPLETE
        more: dict[str, RunFacet] = {}
        if run.status == "failed":
            state = RunState.ABORT if aborted else RunState.FAIL
            more = _error(run.error)
        return self._of_pipeline(state, run.finished or run.started, run, more)

    def _of_pipeline(
        self, state: RunState, moment: datetime, run: RunRecord, more: dict[str, RunFacet]
    ) -> RunEvent:
        release = facets.ReleaseRunFacet(
            pipeline=run.pipeline,
            run=run.id,
            status=run.status,
            release=run.release,
            candidate=run.candidate,
        )
        own: dict[str, RunFacet] = {facets.RELEASE: release, **_engine(), **more}
        if parent := _outer_run():
            own["parent"] = parent
        return self._event(state, moment, (), "PIPELINE", own)

    # Tables

    def started(self, table: str, moment: datetime) -> RunEvent:
        """A table is being computed."""
        inputs = [facets.dataset(name) for name in self._inputs(table)]
        output = self._output(self.names.table(table))
        return self._of_table(RunState.START, moment, table, inputs, output)

    def computed(self, snapshot: Snapshot, moment: datetime) -> RunEvent:
        """A table was computed."""
        declared, table = self.context.declaration.table(snapshot.table), snapshot.table
        if isinstance(declared, Source):
            read = facets.read_facets(snapshot)
            inputs = [
                facets.dataset(name, input_facets=read) for name in self.names.sources(declared)
            ]
        else:
            inputs = [
                facets.dataset(self.names.table(name), facets.version_facets(ident))
                for name, ident in snapshot.inputs.items()
            ]
        lineage = facets.lineage_facet(self.graph, self.names, table)
        output = self._output(self.names.table(table))
        output.facets = facets.table_facets(snapshot, declared, lineage)
        output.outputFacets = facets.written_facets(snapshot)
        return self._of_table(RunState.COMPLETE, moment, table, inputs, output)

    def failed(self, step: StepRun, moment: datetime) -> RunEvent:
        """A table could not be computed."""
        inputs = [facets.dataset(name) for name in self._inputs(step.table)]
        output = self._output(self.names.table(step.table))
        return self._of_table(RunState.FAIL, moment, step.table, inputs, output, _error(step.error))

    def aborted(self, table: str, moment: datetime) -> RunEvent:
        """A table was still being computed when the run ended."""
        inputs = [facets.dataset(name) for name in self._inputs(table)]
        output = self._output(self.names.table(table))
        return self._of_table(RunState.ABORT, moment, table, inputs, output)

    def judged(self, step: StepRun, moment: datetime) -> Iterator[RunEvent]:
        """What the rules of a table said: a run of its own, which reads the table."""
        table = self.context.declaration.table(step.table)
        if not isinstance(table, Table) or not table.expect:
            return
        name = self.names.table(step.table)
        parts, kind = (step.table, "expect"), "TEST"
        assertions = facets.assertions_facet(table, step)
        parent = self._parent(step.table)
        yield self._event(
            RunState.START, moment, parts, kind, parent, inputs=[facets.dataset(name)]
        )
        inputs = [facets.dataset(name, input_facets=assertions)]
        yield self._event(RunState.COMPLETE, moment, parts, kind, parent, inputs=inputs)

    # Served tables

    def published(self, release: Release, load: LoadReport, moment: datetime) -> Iterator[RunEvent]:
        """A table was loaded into a serving database, and readers see it."""
        served, sink = load.served, load.sink
        parts, kind, parent = ("load", sink, served.table), "LOAD", self._parent()
        lake, plain = self.names.table(served.table), served.table.partition(".")[2]
        output = self._output(self.names.served(sink, plain))
        read = [facets.dataset(lake, facets.version_facets(served.snapshot))]
        yield self._event(
            RunState.START, moment, parts, kind, parent, inputs=read, outputs=[output]
        )
        output = self._output(self.names.served(sink, plain))
        belongs = facets.ReleaseDatasetFacet(
            release=release.id, table=served.table, snapshot=served.snapshot
        )
        output.facets = {
            "schema": facets.schema_facet(served.columns),
            "columnLineage": facets.copy_facet(served.columns, lake),
            facets.RELEASE: belongs,
            **facets.version_facets(release.id),
        }
        output.outputFacets = facets.loaded_facets(served.rows)
        yield self._event(
            RunState.COMPLETE, moment, parts, kind, parent, inputs=read, outputs=[output]
        )

    # Parts of events

    def _inputs(self, table: str) -> list[DatasetName]:
        declared = self.context.declaration.table(table)
        if isinstance(declared, Source):
            return self.names.sources(declared)
        return [self.names.table(name) for name in declared.reads().values()]

    def _output(self, name: DatasetName) -> OutputDataset:
        return OutputDataset(name.namespace, name.name)

    def _of_table(
        self,
        state: RunState,
        moment: datetime,
        table: str,
        inputs: list[InputDataset],
        output: OutputDataset,
        more: dict[str, RunFacet] | None = None,
    ) -> RunEvent:
        own = {**self._parent(), **(more or {})}
        kind = "INGEST" if isinstance(self.context.declaration.table(table), Source) else "TABLE"
        return self._event(state, moment, (table,), kind, own, inputs=inputs, outputs=[output])

    def _event(
        self,
        state: RunState,
        moment: datetime,
        parts: tuple[str, ...],
        kind: str,
        own: dict[str, RunFacet],
        *,
        inputs: list[InputDataset] | None = None,
        outputs: list[OutputDataset] | None = None,
    ) -> RunEvent:
        event = RunEvent(
            eventTime=moment.isoformat(),
            producer=facets.producer(),
            eventType=state,
            run=Run(self._ident(*parts), own),
            job=Job(self.namespace, self._job(*parts), self._job_facets(kind, parts)),
            inputs=inputs or [],
            outputs=outputs or [],
        )
        facets.sign(event)
        return event

    def _job(self, *parts: str) -> str:
        return ".".join((self.run.pipeline, *parts))

    def _ident(self, *parts: str) -> str:
        """The id of a run of a job, always the same one for the same run of medallion."""
        text = "/".join((self.namespace, self._job(*parts), self.run.id))
        return str(generate_static_uuid(self.run.started, text.encode()))

    def _job_facets(self, kind: str, parts: tuple[str, ...]) -> dict[str, JobFacet]:
        job_facets: dict[str, JobFacet] = {
            "jobType": job_type_job.JobTypeJobFacet("BATCH", "MEDALLION", kind)
        }
        if kind not in ("TABLE", "INGEST"):
            return job_facets
        declared = self.context.declaration.table(parts[0])
        if declared.description:
            text = mask(declared.description)
            job_facets["documentation"] = documentation_job.DocumentationJobFacet(description=text)
        steps = declared.steps if isinstance(declared, Table) else ()
        queries = [text for step in steps if step.name == "sql" for _, text in step.expressions()]
        if len(queries) == 1:
            job_facets["sql"] = sql_job.SQLJobFacet(query=mask(queries[0]))
        return job_facets

    def _parent(self, *parts: str) -> dict[str, RunFacet]:
        """The run that a run belongs to, and the run of the whole pipeline."""
        root = parent_run.Root(
            parent_run.RootRun(self._ident()), parent_run.RootJob(self.namespace, self._job())
        )
        run = parent_run.Run(self._ident(*parts))
        job = parent_run.Job(self.namespace, self._job(*parts))
        return {"parent": parent_run.ParentRunFacet(run=run, job=job, root=root)}


def _engine() -> dict[str, RunFacet]:
    version = metadata.version(OWN)
    client = metadata.version("openlineage-python")
    facet = processing_engine_run.ProcessingEngineRunFacet(version, OWN, client)
    return {"processing_engine": facet}


def _outer_run() -> parent_run.ParentRunFacet | None:
    """The run that started this one, which `OPENLINEAGE_PARENT_ID` names: namespace/job/id."""
    namespace, _, rest = os.environ.get("OPENLINEAGE_PARENT_ID", "").partition("/")
    job, _, ident = rest.rpartition("/")
    try:
        return parent_run.ParentRunFacet(parent_run.Run(ident), parent_run.Job(namespace, job))
    except ValueError:  # not an id
        return None


def _error(error: str | None) -> dict[str, RunFacet]:
    text = mask(error or "unknown error")
    facet = error_message_run.ErrorMessageRunFacet(message=text, programmingLanguage="PYTHON")
    return {"errorMessage": facet}
