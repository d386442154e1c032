"""Facets: what an event says of a run or a dataset, made from the records of a lake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from typing import Any

import attr
from openlineage.client.event_v2 import InputDataset, RunEvent
from openlineage.client.facet_v2 import (
    BaseFacet,
    DatasetFacet,
    InputDatasetFacet,
    OutputDatasetFacet,
    RunFacet,
    column_lineage_dataset,
    data_quality_assertions_dataset,
    data_quality_metrics_dataset,
    dataset_version_dataset,
    documentation_dataset,
    input_statistics_input_dataset,
    output_statistics_output_dataset,
    schema_dataset,
)

from medallion.contracts import (
    Expectation,
    ReleaseExpectation,
    RowExpectation,
    TableExpectation,
)
from medallion.declaration.models import Source, Table
from medallion.entry_points import OWN
from medallion.kernel.row_counts import total
from medallion.lineage.columns import LineageGraph
from medallion.lineage.openlineage.dataset_names import DatasetName, DatasetNames
from medallion.lineage.table_lineage import Derivation
from medallion.records import Column, Snapshot, StepRun
from medallion.secrets import mask

RELEASE = "medallion_release"
_SCHEMA = "urn:medallion-lake:openlineage:1-0-0:release_facets.json#/$defs"

InputField = column_lineage_dataset.InputField
Transformation = column_lineage_dataset.Transformation
Assertion = data_quality_assertions_dataset.Assertion


@cache
def producer() -> str:
    """What identifies this version of medallion as the sender."""
    return f"urn:{OWN}:{metadata.version(OWN)}"


@attr.define
class ReleaseRunFacet(RunFacet):
    """What a run left behind: `release_facets.json` describes it."""

    pipeline: str
    run: str
    status: str
    release: str | None = None
    candidate: str | None = None

    @staticmethod
    def _get_schema() -> str:
        return f"{_SCHEMA}/ReleaseRunFacet"


@attr.define
class ReleaseDatasetFacet(DatasetFacet):
    """The release that a version of a dataset belongs to: `release_facets.json` describes it."""

    release: str
    table: str
    snapshot: str

    @staticmethod
    def _get_schema() -> str:
        return f"{_SCHEMA}/ReleaseDatasetFacet"


def schema_facet(columns: Iterable[Column]) -> DatasetFacet:
    """The columns of a dataset, with their logical types."""
    return schema_dataset.SchemaDatasetFacet(
        fields=[
            schema_dataset.SchemaDatasetFacetFields(
                name=column.name, type=str(column.type), ordinal_position=place
            )
            for place, column in enumerate(columns, 1)
        ]
    )


def table_facets(
    snapshot: Snapshot, table: Source | Table, lineage: DatasetFacet | None
) -> dict[str, DatasetFacet]:
    """The facets of a table that a run has computed."""
    facets: dict[str, DatasetFacet] = {
        "schema": schema_facet(snapshot.columns),
        "version": dataset_version_dataset.DatasetVersionDatasetFacet(snapshot.id),
        "dataQualityMetrics": _metrics(snapshot, table),
    }
    if table.description:
        facets["documentation"] = documentation_dataset.DocumentationDatasetFacet(
            description=mask(table.description)
        )
    if lineage:
        facets["columnLineage"] = lineage
    return facets


def version_facets(snapshot: str) -> dict[str, DatasetFacet]:
    """The facets of a table that a run has read."""
    return {"version": dataset_version_dataset.DatasetVersionDatasetFacet(snapshot)}


def _metrics(snapshot: Snapshot, table: Source | Table) -> DatasetFacet:
    """The size of a table, and the columns without nulls, as far as rules have made sure of it."""
    rules = table.expect if isinstance(table, Table) else ()
    columns = {
        name: data_quality_metrics_dataset.ColumnMetrics(nullCount=0)
        for rule in rules
        if rule.name == "not_null" and rule.on_fail != "warn"
        for name in rule_columns(rule)
    }
    return data_quality_metrics_dataset.DataQualityMetricsDatasetFacet(
        columnMetrics=columns,
        rowCount=snapshot.rows,
        bytes=snapshot.bytes,
        fileCount=len(snapshot.layer_files()) or len(snapshot.sources),
        lastUpdated=snapshot.created.isoformat(),
    )


def written_facets(snapshot: Snapshot) -> dict[str, OutputDatasetFacet]:
    """What was written: rows, bytes and files of a snapshot."""
    facet = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        rowCount=snapshot.rows,
        size=snapshot.bytes,
        fileCount=len(snapshot.layer_files()) or len(snapshot.sources),
    )
    return {"outputStatistics": facet}


def loaded_facets(rows: int) -> dict[str, OutputDatasetFacet]:
    """What was loaded into a serving database."""
    facet = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=rows)
    return {"outputStatistics": facet}


def read_facets(snapshot: Snapshot) -> dict[str, InputDatasetFacet]:
    """What was read of the source files of a bronze table."""
    facet = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
        rowCount=sum(file.rows for file in snapshot.sources),
        size=sum(file.bytes for file in snapshot.sources),
        fileCount=len(snapshot.sources),
    )
    return {"inputStatistics": facet}


# Column lineage


def lineage_facet(graph: LineageGraph, names: DatasetNames, table: str) -> DatasetFacet:
    """The columns that each column of a table is made of, and those that decide its rows."""
    source = graph.context.declaration.table(table)
    fields, added = {}, source.add if isinstance(source, Source) else {}
    for name, column in graph.columns.items():
        if name.table != table or not name.column:
            continue
        if isinstance(source, Source):
            datasets = [] if name.column in added else names.sources(source)
            inputs = [_input(dataset, name.column, "IDENTITY") for dataset in datasets]
        else:
            inputs = list(_inputs(column.derivation, names))
        fields[name.column] = column_lineage_dataset.Fields(inputFields=inputs)
    decisive = graph.rows.get(table, ())
    rows = [_indirect(names.table(each.table), each.column) for each in decisive if each.column]
    return column_lineage_dataset.ColumnLineageDatasetFacet(fields=fields, dataset=rows)


def copy_facet(
    columns: Sequence[Column], dataset: DatasetName
) -> column_lineage_dataset.ColumnLineageDatasetFacet:
    """The lineage of a table whose columns are those of another dataset, unchanged."""
    return column_lineage_dataset.ColumnLineageDatasetFacet(
        fields={
            column.name: column_lineage_dataset.Fields(
                inputFields=[_input(dataset, column.name, "IDENTITY")]
            )
            for column in columns
        }
    )


def _inputs(derivation: Derivation, names: DatasetNames) -> Iterator[InputField]:
    text = "; ".join(each.text for each in derivation.expressions if each.text)
    aggregated = any(each.step.endswith(".aggregate") for each in derivation.expressions)
    kind = "AGGREGATION" if aggregated else "TRANSFORMATION" if text else "IDENTITY"
    for column in derivation.inputs:
        if column.column:
            yield _input(names.table(column.table), column.column, kind, text)


def _input(dataset: DatasetName, column: str, kind: str, text: str = "") -> InputField:
    made = Transformation(type="DIRECT", subtype=kind, description=mask(text) or None)
    return InputField(dataset.namespace, dataset.name, column, [made])


def _indirect(dataset: DatasetName, column: str) -> InputField:
    return InputField(dataset.namespace, dataset.name, column, [Transformation(type="INDIRECT")])


# Data quality


def assertions_facet(table: Table, step: StepRun) -> dict[str, InputDatasetFacet]:
    """The rules of a table, and whether a run found that all rows met them."""
    facet = data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
        assertions=[_assertion(rule, step) for rule in table.expect]
    )
    return {"dataQualityAssertions": facet}


def _assertion(rule: Expectation, step: StepRun) -> Assertion:
    """The result of a rule; a row that an earlier rule removed is not judged by it."""
    columns = rule_columns(rule)
    assertion = Assertion(
        rule.name,
        success=True,
        column=columns[0] if len(columns) == 1 else None,
        severity="error" if rule.on_fail == "fail" else "warn",
        name=mask(" ".join([rule.rule, ", ".join(columns)]).strip()),
    )
    if isinstance(rule, RowExpectation) and rule.on_fail != "fail" and step.tallies:
        by_rule = "warned_reasons" if rule.on_fail == "warn" else "reasons"
        counts = [getattr(tally, by_rule) for tally in step.tallies]
        broken = sum(_broken(mask(rule.rule), columns, reasons) for reasons in counts)
        assertion.success, assertion.actual = not broken, str(broken)
        return assertion
    assertion.success = _is_met(rule, columns, step)
    return assertion


def _is_met(rule: Expectation, columns: Sequence[str], step: StepRun) -> bool:
    """Whether a rule is met whose broken rows are not counted.

    A rule on the figures of the table is asked again. Others have complained in what was recorded
    of the table: with the first column that violates them, which distinguishes rules of one kind.
    """
    later = isinstance(rule, ReleaseExpectation)  # judged when the release is known
    on_rows = isinstance(rule, TableExpectation) and not (rule.judges_files or rule.counts_files)
    if isinstance(rule, TableExpectation) and on_rows and step.tallies and not later:
        return rule.verdict(total(step.tallies)) is None
    recorded = step.warnings if rule.on_fail == "warn" else (step.error or "").split("; ")
    complaints = [text for text in recorded if f"{mask(rule.rule)}: " in text]
    firsts = [f" with {column} = " for column in columns] or [""]
    return not any(first in text for text in complaints for first in firsts)


def _broken(rule: str, columns: Sequence[str], reasons: Mapping[str, int]) -> int:
    """The number of rows that break a rule on these columns."""
    names = {rule, *(f"{rule} {column}" for column in columns)}
    names |= {f"{rule} {', '.join(columns)}"}
    return sum(size for reason, size in reasons.items() if reason in names)


def rule_columns(rule: Expectation) -> tuple[str, ...]:
    """The columns that a rule is written for; none for a rule on the whole table."""
    if not isinstance(rule, RowExpectation) or rule.value_field is None:
        return ()
    value: Any = getattr(rule, rule.value_field)
    if isinstance(value, str):
        value = () if rule.name == "expression" else (value,)
    return tuple(str(name) for name in value)


def dataset(
    name: DatasetName,
    facets: dict[str, DatasetFacet] | None = None,
    input_facets: dict[str, InputDatasetFacet] | None = None,
) -> InputDataset:
    """A dataset that a run reads."""
    return InputDataset(
        name.namespace, name.name, facets=facets or {}, inputFacets=input_facets or {}
    )


def sign(event: RunEvent) -> None:
    """Name medallion as the producer of all facets of an event."""
    parts: list[Mapping[str, BaseFacet] | None] = [event.run.facets, event.job.facets]
    for read in event.inputs or ():
        parts += [read.facets, read.inputFacets]
    for written in event.outputs or ():
        parts += [written.facets, written.outputFacets]
    for facet in (facet for facets in parts for facet in (facets or {}).values()):
        facet._producer = producer()
