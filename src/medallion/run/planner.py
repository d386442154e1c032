"""The plan of a run: which tables it computes, in what order, and why. Reads only its arguments."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from medallion.contracts import ReleaseExpectation
from medallion.declaration.models import Declaration, Source
from medallion.errors import CallError, did_you_mean
from medallion.identifiers import TableName, digest
from medallion.kernel.partition_groups import PartitionFile
from medallion.plural import count_of
from medallion.records import Change, Snapshot
from medallion.records.html import html_table
from medallion.run.partition_changes import SHOWN
from medallion.run.planned_parts import PlannedParts
from medallion.run.selection import Refresh, Selection
from medallion.run.table_order import order, reads

Decision = Literal["compute", "ask", "reuse", "unchanged", "left"]
Find = Callable[[str, str], Snapshot | None]
Lost = Mapping[str, Sequence[str]]  # by table, missing or damaged files of its published snapshot


@dataclass(frozen=True)
class Arrival:
    """The state of a bronze table's files.

    `fingerprint` identifies them; `changes` counts the new, changed, unchanged and retracted ones.
    `corrected` says which of their corrections are new or revoked; `refreshed`, that they were
    read again in full.
    """

    fingerprint: str
    changes: Mapping[Change, int]
    files: Sequence[PartitionFile] = ()
    corrected: Sequence[str] = ()
    refreshed: bool = False


@dataclass(frozen=True)
class Step:
    """One table of the plan.

    `snapshot` is set unless the table is to be computed, or a run must `ask` its source first.
    """

    table: str
    decision: Decision
    why: str
    fingerprint: str | None = None
    snapshot: Snapshot | None = None


@dataclass(frozen=True)
class Plan:
    """Ordered steps.

    `stale` are tables that are not selected and would be out of date: such a run cannot publish.
    """

    steps: tuple[Step, ...]
    stale: tuple[str, ...] = ()

    @property
    def computes(self) -> tuple[Step, ...]:
        """The steps that compute a table."""
        return tuple(step for step in self.steps if step.decision == "compute")

    @property
    def asks(self) -> tuple[Step, ...]:
        """The steps of which only a run finds out whether they compute a table."""
        return tuple(step for step in self.steps if step.decision == "ask")

    def __repr__(self) -> str:
        stale = f", not to be published: {', '.join(self.stale)} out of date" if self.stale else ""
        tables = count_of(len(self.steps), "table")
        return f"<Plan: {len(self.computes)} of {tables} to compute{stale}>"

    def _repr_html_(self) -> str:
        """The table that `medallion plan` prints."""
        rows = ((step.table, step.decision, step.why) for step in self.steps)
        return html_table(repr(self), ("table", "decision", "why"), rows)


def plan(
    declaration: Declaration,
    arrivals: Mapping[str, Arrival],
    current: Mapping[str, Snapshot],
    find: Find,
    selection: Selection | None = None,
    lost: Lost = MappingProxyType({}),
    failed: Collection[str] = (),
    unasked: Collection[str] = (),
) -> Plan:
    """Order the tables and decide what to do with each.

    Parameters: `arrivals` by bronze table; `current`, the published snapshots by table; `find`
    looks up a snapshot by table and fingerprint; `lost`, the missing or damaged files of published
    snapshots; `failed`, the bronze tables whose files could not be ingested; `unasked`, those whose
    sources only a run asks. Raises CallError on a selection of unknown tables.
    """
    choice = selection or Selection()
    selected = select(declaration, choice)
    steps: dict[str, Step] = {}
    stale = []
    for name in order(declaration):
        inputs = {read: steps[read].snapshot for read in reads(declaration, name)}
        arrival, before = arrivals.get(name), current.get(name)
        if name in failed:
            step = Step(name, "compute", "its source files cannot be ingested")
        elif name in unasked:
            step = _of_unasked(name, before, full=choice.full)
        elif doubtful := _doubtful(inputs, steps):
            step = Step(name, "ask", f"{', '.join(doubtful)} may change")
        else:
            step = decide(
                declaration, name, inputs, arrival, before, find, full=choice.full, lost=lost
            )
            if step.decision == "compute" and not choice.full and not lost.get(name):
                changing = {read for read, snapshot in inputs.items() if snapshot is None}
                parts = PlannedParts(declaration, arrivals, current, former_inputs)
                step = replace(step, why=parts.of(name, changing, step.why))
        if name not in selected:
            if step.decision == "compute":
                stale.append(name)
            why = f"left out of this run{', and may be out of date' * (step.decision == 'ask')}"
            step = Step(name, "left", why, snapshot=current.get(name) or step.snapshot)
        steps[name] = step
    return Plan(tuple(steps.values()), tuple(stale))


def _of_unasked(name: str, before: Snapshot | None, *, full: bool) -> Step:
    """The step of a table whose source only a run asks what is new."""
    if before is None or full:
        return Step(name, "compute", "it is new" if before is None else "everything is recomputed")
    return Step(name, "ask", "a run asks its source what is new")


def _doubtful(inputs: Mapping[str, Snapshot | None], steps: Mapping[str, Step]) -> list[str]:
    """The inputs that may change, if none is sure to."""
    changing = [read for read, snapshot in inputs.items() if snapshot is None]
    return changing if all(steps[read].decision == "ask" for read in changing) else []


def decide(
    declaration: Declaration,
    name: str,
    inputs: Mapping[str, Snapshot | None],
    arrival: Arrival | None,
    current: Snapshot | None,
    find: Find,
    *,
    full: bool = False,
    lost: Lost = MappingProxyType({}),
) -> Step:
    """The step of one table. An input that is None is still to be computed."""
    changing = [read for read, snapshot in inputs.items() if snapshot is None]
    if changing:
        return Step(name, "compute", f"{', '.join(changing)} will change")
    known = {read: snapshot for read, snapshot in inputs.items() if snapshot is not None}
    mark = arrival.fingerprint if arrival else fingerprint(declaration, name, known)
    if full:
        return Step(name, "compute", "everything is recomputed", mark)
    if current and current.fingerprint == mark and not lost.get(name):
        return Step(name, "unchanged", "nothing changed", mark, current)
    snapshot = find(name, mark)
    if snapshot:
        return Step(name, "reuse", f"run {snapshot.run} has computed it already", mark, snapshot)
    why = f"{lost[name][0]} is lost or damaged" if lost.get(name) else _why(arrival, known, current)
    return Step(name, "compute", why, mark)


def select(declaration: Declaration, selection: Selection) -> set[str]:
    """Full names of the selected tables. Raises CallError."""
    names = order(declaration)
    for name in (*selection.only, selection.from_, selection.to):
        if name is not None and name not in names:
            raise CallError(f"there is no table {name!r}{did_you_mean(name, names)}")
    for each in map(Refresh.of, selection.refresh):
        _check_refresh(declaration, names, each)
    selected = set(selection.only or names)
    if selection.from_:
        selected &= _downstream(declaration, names, selection.from_)
    if selection.to:
        selected &= _upstream(declaration, selection.to)
    return selected


def _check_refresh(declaration: Declaration, names: Sequence[str], refresh: Refresh) -> None:
    name = refresh.table
    source = declaration.table(name) if name in names else None
    if not isinstance(source, Source):
        sources = [each for each in names if isinstance(declaration.table(each), Source)]
        raise CallError(f"there is no table {name!r} with a source{did_you_mean(name, sources)}")
    if refresh.is_range and source.pulled is None:
        raise CallError(
            f"{name} reads files, which have no range",
            hint=f"`medallion run --refresh {name}` reads all of them again",
        )


def fingerprint(declaration: Declaration, name: str, inputs: Mapping[str, Snapshot]) -> str:
    """What determines a table's rows: its inputs, its declaration, and its plugins' versions."""
    table = declaration.table(name)
    if isinstance(table, Source):
        raise TypeError(f"{name} is a source table; its files decide its fingerprint")
    layer = declaration.layers[TableName(name).layer]
    return digest(
        {
            "from": list(table.from_.items()),
            "inputs": sorted((read, snapshot.id) for read, snapshot in inputs.items()),
            "steps": [step.identity() for step in table.steps],
            "expect": [
                rule.identity() for rule in table.expect if not isinstance(rule, ReleaseExpectation)
            ],
            **layer.stored_as(),
        }
    )


def _upstream(declaration: Declaration, name: str) -> set[str]:
    """A table and all tables that it is computed from."""
    upstream, waiting = {name}, [name]
    while waiting:
        fresh = set(reads(declaration, waiting.pop())) - upstream
        upstream |= fresh
        waiting += fresh
    return upstream


def _downstream(declaration: Declaration, ordered: Sequence[str], name: str) -> set[str]:
    """A table and all tables computed from it; `ordered` has each name after all it reads."""
    downstream = {name}
    for other in ordered:
        if not downstream.isdisjoint(reads(declaration, other)):
            downstream.add(other)
    return downstream


def former_inputs(
    declaration: Declaration, name: str, current: Mapping[str, Snapshot]
) -> dict[str, Snapshot] | None:
    """What a published table was computed from, if that and its steps are the current ones."""
    inputs = {read: current[read] for read in reads(declaration, name) if read in current}
    same = current[name].inputs == {read: snapshot.id for read, snapshot in inputs.items()}
    if not same or fingerprint(declaration, name, inputs) != current[name].fingerprint:
        return None
    return inputs


def _first(corrected: Sequence[str]) -> list[str]:
    """A few corrected files, and the number of the others."""
    more = len(corrected) - SHOWN
    others = [f"corrections of {count_of(more, 'more file')}"] if more > 0 else []
    return [*corrected[:SHOWN], *others]


def _why(arrival: Arrival | None, inputs: Mapping[str, Snapshot], current: Snapshot | None) -> str:
    if current is None:
        return "it is new"
    if arrival:
        changes = [
            f"{count} {change}"
            for change, count in arrival.changes.items()
            if count and change != "unchanged"
        ]
        reasons = ["its source was read again in full"] if arrival.refreshed else []
        reasons += [f"files: {', '.join(changes)}"] if changes else []
        reasons += _first(arrival.corrected)
        return "; ".join(reasons) or "its declaration changed"
    changed = [read for read, snapshot in inputs.items() if current.inputs.get(read) != snapshot.id]
    return f"{', '.join(changed)} changed" if changed else "its declaration changed"
