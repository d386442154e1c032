"""Computation of one table: from a step of the plan to a snapshot and its rejects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from medallion.contracts import Built, Input, Parsed, Session, TableTask, keep_file
from medallion.declaration.added_columns import unused_folders
from medallion.declaration.models import Table
from medallion.errors import GateError, MedallionError
from medallion.identifiers import TableName, now
from medallion.lake.journal import LAKE, WriteJournal
from medallion.lake.quarantine import most_quarantined, quarantined_files, write_rejects
from medallion.lake.record_files import KEY_LENGTH
from medallion.records import Column, File, PluginUse, RejectFile, Snapshot, SourceFile, Tally
from medallion.run import ingest
from medallion.run.context import RunContext
from medallion.run.gates import file_complaints
from medallion.run.planner import Step
from medallion.run.plugin_uses import plugin_uses
from medallion.run.source_matches import SourceTable
from medallion.run.source_records import parse
from medallion.run.source_schema import settle

_NO_ROW = (
    "every row was quarantined; the expectation `quarantined: {at_most: 5%}` would stop such a run"
)


class Computing:
    """Computes the tables of one run.

    Parameters: `journal` records the names of what is written; `run` is the run's id; `session`
    returns the engine's session, opened on first use. `groups` has the numbers of groups that were
    computed, by table, where the others were used again.
    """

    def __init__(
        self,
        context: RunContext,
        journal: WriteJournal,
        run: str,
        scratch: Path,
        session: Callable[[], Session],
    ) -> None:
        self.context = context
        self.lake = context.lake
        self.journal = journal
        self.run = run
        self.scratch = scratch
        self.session = session
        self.groups: dict[str, int] = {}

    def sources(self) -> list[SourceTable]:
        """The bronze tables, each with a storage that records in the journal what is written."""
        return [
            replace(table, storage=self.journal.storage(TableName(table.name).layer, table.storage))
            for table in self.context.source_tables()
        ]

    def parse(
        self, step: Step, ingested: Sequence[ingest.BronzeFile], before: Snapshot | None
    ) -> tuple[Snapshot, list[str]]:
        """The snapshot of a bronze table, and how its columns drifted. Raises SourceError."""
        table = next(source for source in self.sources() if source.name == step.table)
        pairs = parse(table, ingested, self.session(), self.scratch)
        files = [file for file, _ in pairs]
        columns, drift = settle(table, files, before)
        rows_in, bad = sum(file.rows for file in files), sum(file.quarantined for file in files)
        tally = Tally(
            label="",
            rows_in=rows_in,
            kept=rows_in - bad,
            quarantined=bad,
            rows_out=rows_in - bad,
            reasons={"format": bad} if bad else {},
            corrected=sum(file.corrected for file in files),
        )
        identity = self._snapshot_id(step)
        rejects = write_rejects(step.table, self.run, pairs, self.scratch) if bad else None
        snapshot = Snapshot.model_validate(
            {
                "table": step.table,
                "id": identity,
                "fingerprint": step.fingerprint,
                "run": self.run,
                "created": now(),
                "columns": columns,
                "rows": rows_in - bad,
                "bytes": sum(file.bytes for file in files),
                "sources": files,
                "origins": ({"number": table.number, "table": step.table, "snapshot": identity},),
                "identified": True,
                "tallies": (tally,),
                "rejects": self._keep_rejects(step.table, identity, rejects, bad),
                "warnings": _source_warnings(table, pairs, columns),
            }
        )
        return snapshot, drift

    def compute(
        self, step: Step, snapshots: Mapping[str, Snapshot], published: Mapping[str, Snapshot]
    ) -> Snapshot:
        """Compute a table from the snapshots of those it reads. Raises GateError.

        What the `published` snapshot of the table has is used again where it is equal.
        """
        table = self.context.declaration.table(step.table)
        if not isinstance(table, Table):
            raise MedallionError(f"{step.table}: cannot be computed")
        layer_name, plain = TableName(step.table).layer, TableName(step.table).table
        layer = self.context.declaration.layers[layer_name]
        inputs = {alias: self.lake.input(snapshots[name]) for alias, name in table.reads().items()}
        identity = self._snapshot_id(step)
        lineage = self._lineage(inputs, snapshots)
        storage = self.journal.storage(layer_name, self.lake.layer_storage(layer_name, layer))
        built = self.session().build(
            TableTask(
                table=step.table,
                run=self.run,
                folder=f"{plain}/{identity}",
                main=next(iter(table.from_)),
                inputs=inputs,
                steps=table.steps,
                expectations=table.expect,
                layer=layer,
                storage=storage,
                lineage=lineage,
                quarantine=self.journal.storage(LAKE, self.lake.storage),
                rejects=_rejects_path(step.table, identity),
                former=published.get(step.table),
                former_inputs=self._former_inputs(step.table, inputs, published),
            )
        )
        built = replace(built, warnings=built.warnings + self._file_warnings(built, lineage))
        main = inputs[next(iter(table.from_))]
        built = _with_corrected(self._judged_by_file(table, built, main, lineage), main.snapshot)
        if built.failure:
            raise self._gate_error(step.table, built)
        if built.groups_computed is not None:
            self.groups[step.table] = built.groups_computed
        read = {name: snapshots[name].id for name in table.reads().values()}
        snapshot = self._snapshot(step, identity, built, read)
        return snapshot.model_copy(update={"layer_state": layer.layer_state(storage, snapshot)})

    def _former_inputs(
        self, name: str, inputs: Mapping[str, Input], published: Mapping[str, Snapshot]
    ) -> dict[str, Input] | None:
        """The inputs that a published snapshot was computed from, if by the same steps."""
        former = published.get(name)
        made_by = plugin_uses(self.context.declaration, name)
        if former is None or _without_rules(former.made_by) != _without_rules(made_by):
            return None
        former_inputs = {}
        for alias, item in inputs.items():
            snapshot = published.get(item.snapshot.table)
            if snapshot is None or snapshot.id != former.inputs.get(snapshot.table):
                return None
            former_inputs[alias] = self.lake.input(snapshot)
        return former_inputs

    def _gate_error(self, table: str, built: Built) -> GateError:
        hint = (
            f"medallion quarantine --run {self.run} shows the rows"
            if built.rejects
            else "correct the data, or the rule"
        )
        error = GateError(f"{table}: {built.failure}", hint=hint)
        error.figures = {
            "tallies": built.tallies,
            "rejects": built.rejects,
            "warnings": built.warnings,
        }
        return error

    def _snapshot(
        self, step: Step, identity: str, built: Built, inputs: dict[str, str]
    ) -> Snapshot:
        return Snapshot(
            table=step.table,
            id=identity,
            fingerprint=step.fingerprint or "",
            run=self.run,
            created=now(),
            columns=built.columns,
            rows=built.rows,
            bytes=sum(file.bytes for file in built.files),
            files=built.files,
            partitions=built.partitions,
            removed=built.removed,
            gathered=built.gathered,
            partials=built.partials,
            inputs=inputs,
            origins=built.origins,
            identified=built.identified,
            made_by=plugin_uses(self.context.declaration, step.table),
            tallies=built.tallies,
            rejects=built.rejects,
            warnings=built.warnings + ((_NO_ROW,) if _all_quarantined(built.tallies) else ()),
            failed=built.gates,
        )

    def _keep_rejects(
        self, table: str, identity: str, rejects: Path | None, rows: int
    ) -> tuple[RejectFile, ...]:
        if rejects is None:
            return ()
        path = _rejects_path(table, identity)
        self.journal.note(LAKE, [path])
        file = keep_file(self.lake.storage, path, rejects, rows)
        return (RejectFile(**dict(file)),)

    def _lineage(
        self, inputs: Mapping[str, Input], snapshots: Mapping[str, Snapshot]
    ) -> dict[int, Input]:
        """The bronze snapshots that the inputs' rows came from, by origin number."""
        origins = {
            origin.number: origin for item in inputs.values() for origin in item.snapshot.origins
        }
        lineage = {}
        for number, origin in origins.items():
            snapshot = snapshots[origin.table]
            if snapshot.id != origin.snapshot:  # a reused input was computed from an older one
                snapshot = self.lake.snapshot(origin.table, origin.snapshot)
            lineage[number] = self.lake.input(snapshot)
        return lineage

    def _file_warnings(self, built: Built, lineage: Mapping[int, Input]) -> tuple[str, ...]:
        """A warning about each source file of which most rows were quarantined."""
        if not built.rejects:
            return ()
        return quarantined_files(
            self._local(built.rejects),
            [file for each in lineage.values() for file in each.snapshot.sources],
        )

    def _judged_by_file(
        self, table: Table, built: Built, main: Input, lineage: Mapping[int, Input]
    ) -> Built:
        """The result, with what gates say of single source files."""
        sources = [lineage[origin.number] for origin in main.snapshot.origins]
        rejects = self._local(built.rejects)
        complaints = list(file_complaints(table.expect, main, sources, rejects))
        failed = [said for rule, said in complaints if rule.on_fail == "fail"]
        warned = [said for rule, said in complaints if rule.on_fail == "warn"]
        return replace(built, gates=(*built.gates, *failed), warnings=(*built.warnings, *warned))

    def _local(self, rejects: Sequence[File]) -> list[Path]:
        return [self.lake.storage.local(file.path) for file in rejects]

    def _snapshot_id(self, step: Step) -> str:
        if step.fingerprint is None:
            raise MedallionError(f"{step.table}: its inputs were not computed")
        return f"{step.fingerprint[:KEY_LENGTH]}-{self.run}"


def _source_warnings(
    table: SourceTable, pairs: Sequence[tuple[SourceFile, Parsed]], columns: Sequence[Column]
) -> tuple[str, ...]:
    """Warnings about source files: of formats, quarantined rows, and folders without a column."""
    warnings = [f"{file.name}: {said}" for file, parsed in pairs for said in parsed.warnings]
    files = [file for file, _ in pairs]
    warnings += [
        most_quarantined(file.name, file.quarantined, file.rows, "format")
        for file in files
        if file.quarantined * 2 > file.rows
    ]
    names, declared = [column.name for column in columns], table.declared
    warnings += [
        f"no column has the folders {key}=… of its files; `add: {{{key}: folder({key})}}` adds it"
        for key in unused_folders(
            [file.name for file in files], declared.patterns, declared.add, names
        )
    ]
    return tuple(warnings)


def _with_corrected(built: Built, main: Snapshot) -> Built:
    """The result, which says how many of the source records that came in are corrected."""
    corrected = sum(source.corrected for source in main.sources)
    if not corrected or not built.tallies:
        return built
    first, *later = built.tallies
    return replace(built, tallies=(first.model_copy(update={"corrected": corrected}), *later))


def _without_rules(uses: Sequence[PluginUse]) -> list[PluginUse]:
    return [use for use in uses if use.role != "expectation"]


def _rejects_path(table: str, identity: str) -> str:
    return f"quarantine/{table}/{identity}.parquet"


def _all_quarantined(tallies: Sequence[Tally]) -> bool:
    return any(tally.quarantined and not tally.kept and not tally.dropped for tally in tallies)
