"""Publication: loads a release next to the live tables, then switches what readers see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from copy import copy
from pathlib import Path

from medallion.contracts import Session, Sink, TableSpec, check_release, row_changes
from medallion.contracts.value_ranges import within_range
from medallion.declaration.models import ServedTable
from medallion.errors import CallError, DamagedError, MissingError
from medallion.identifiers import TableName
from medallion.lake.layer_logs import activate_logs
from medallion.records import LoadReport, Owner, Release, Served, Serving, Snapshot
from medallion.run.context import RunContext
from medallion.run.exported_files import ExportedFiles
from medallion.run.plain_copies import PlainCopies
from medallion.run.plain_rows import ROWS, differing_batches, plain_batches
from medallion.telemetry.spans import span

LARGE = 100_000  # rows of a table that is worth comparing with its published version
SHARE = 10  # rows for each one that differs, at least, to copy that version


class Publisher:
    """Loads releases into a pipeline's sinks, and switches the sinks.

    Parameters: `session` returns the engine's session when rows are needed, by default an own one;
    `owner` is the writer, which the sinks check.
    """

    def __init__(
        self,
        context: RunContext,
        scratch: Path,
        session: Callable[[], Session] | None = None,
        owner: Owner | None = None,
    ) -> None:
        self.context = context
        self.lake = context.lake
        self.sinks: Mapping[str, Sink] = (
            context.sinks if owner is None else context.owned_sinks(owner)
        )
        self.scratch = scratch
        self.plain = PlainCopies(context, scratch)
        self.exports = ExportedFiles(context, scratch)
        self._open_session = session
        self._owner = owner

    @contextmanager
    def connected(self) -> Iterator[Publisher]:
        """The same publisher, with one connection for each sink for the length of a block."""
        publisher = copy(self)
        with ExitStack() as stack:
            publisher.sinks = {
                label: stack.enter_context(sink.connected()) for label, sink in self.sinks.items()
            }
            publisher._open_session = self._open_session or _on_first_use(stack, self._session)
            yield publisher

    def shown(self, published: Collection[str]) -> set[str | None]:
        """The ids of the releases that the sinks show: one, unless a switch was interrupted.

        Raises OwnershipError when a sink shows a release that is not in `published`.
        """
        active = {label: sink.active() for label, sink in self.sinks.items()}
        for label, release in active.items():
            if release and release.id not in published:
                sink = self.sinks[label]
                lake = self._owner.lake if self._owner else None
                check_release(f"sink {label!r}", sink.owner(), lake, release.id, release.pipeline)
        return {release.id if release else None for release in active.values()}

    def active(self) -> Release | None:
        """The release that the first sink shows."""
        return next((sink.active() for sink in self.sinks.values()), None)

    def serves(self, release: Release) -> bool:
        """Whether a release serves what the declaration says: the same tables, in the same way."""
        declared = {
            label: {spec.name: _way(spec) for _, spec in self.specs(release, label)}
            for label in self.sinks
        }
        recorded = {
            label: {name: _way(served) for name, served in tables.items()}
            for label, tables in release.served.items()
        }
        return declared == recorded

    def load_table(
        self, release: Release, table: str, before: Release | None
    ) -> Iterator[LoadReport]:
        """Load one table of a release into every sink, next to the live tables.

        Parameters: `before` is the published release. Raises LoadError, or CallError with the place
        in the declaration.
        """
        for label, sink in self.sinks.items():
            snapshot, spec = self._spec(release, label, table, before)
            try:
                report = self._load_changes(sink, spec, snapshot, before) or self._load(
                    sink, spec, snapshot, release
                )
            except CallError as error:
                error.path = ("sinks", label, "tables", spec.name)
                self.context.locate(error)
                raise
            yield report

    def catch_up(self, release: Release) -> bool:
        """Load and switch the sinks that do not show the published release.

        A run was killed between the lake's switch and theirs, or a sink's `url` has changed.
        Returns whether they could be brought up to date.
        """
        loaded = self.load(release)
        if loaded:
            self.activate(release)
        return loaded

    def load(self, release: Release) -> bool:
        """Load the tables of a published release that a sink has lost.

        Returns whether all tables then have the names that the release records: a sink of another
        version, or of another kind that `url` names now, may choose other names.
        """
        complete = True
        for label, tables in release.served.items():
            sink = self.sinks.get(label)
            if sink is None:
                continue
            loaded = sink.loaded()
            for name, served in tables.items():
                if served.name not in loaded:
                    spec = TableSpec(name=name, **served.way())
                    report = self._load(sink, spec, release.tables[served.table], release)
                    complete = complete and report.served.name == served.name
        return complete

    def rebased(self, release: Release, before: Release | None) -> Release:
        """A loaded release, with the rows of tables that `append` and `merge` now continue.

        It was loaded while another release than `before` was published. What a sink has lost is
        loaded again.
        """
        served: dict[str, dict[str, Served]] = {}
        for label, sink in self.sinks.items():
            loaded, tables = sink.loaded(), dict(release.served[label])
            for snapshot, spec in self.specs(release, label, before):
                former = tables[spec.name]
                if former.name not in loaded or former.former != spec.former:
                    tables[spec.name] = self._load(sink, spec, snapshot, release).served
            served[label] = tables
        return release.model_copy(update={"served": served})

    def with_served(self, release: Release, loads: Iterable[LoadReport]) -> Release:
        """The release, with the tables that were loaded for it."""
        served: dict[str, dict[str, Served]] = {label: {} for label in self.sinks}
        for load in loads:
            served[load.sink][_plain(load.served.table)] = load.served
        return release.model_copy(update={"served": served})

    def activate(self, release: Release) -> None:
        """Switch every sink to the release, then copies, exported files and the logs of layers."""
        summary = release.summary()
        for label, sink in self.sinks.items():
            with span(f"activate {label}", _database(sink), kind="client"):
                sink.activate(summary)
        self.refresh(release)

    def refresh(self, release: Release, *, again: bool = False) -> None:
        """Bring plain copies, exported files and the logs of layers up to date with the release.

        Parameters: `again` reads the logs even when the lake has recorded that they are.
        """
        self.plain.refresh(release, self._session)
        self.exports.refresh(release)
        activate_logs(self.lake, release, again=again)

    def specs(
        self, release: Release, label: str, before: Release | None = None
    ) -> Iterator[tuple[Snapshot, TableSpec]]:
        """The tables of a release as a sink is to serve them; `before` is the published release."""
        for table in self.context.declaration.served():
            yield self._spec(release, label, table, before)

    def _spec(
        self, release: Release, label: str, table: str, before: Release | None
    ) -> tuple[Snapshot, TableSpec]:
        """One table of a release as a sink is to serve it."""
        served = before.served.get(label, {}) if before else {}
        snapshot, plain = release.tables[table], _plain(table)
        options = self.context.declaration.sinks[label].tables.get(plain) or ServedTable()
        spec = TableSpec(
            name=plain,
            columns=snapshot.columns,
            key=options.key,
            indexes=options.indexes,
            mode=options.mode,
        )
        return snapshot, spec.model_copy(
            update={"former": _former(spec, snapshot, served.get(plain))}
        )

    def _load(
        self, sink: Sink, spec: TableSpec, snapshot: Snapshot, release: Release
    ) -> LoadReport:
        source = self.lake.input(snapshot, release)
        with (
            span(f"load {spec.name}", _database(sink, spec.name), kind="client"),
            plain_batches(source, sink.batch, self._session) as rows,
        ):
            place = f"sinks.{sink.label}: table {spec.name!r}"
            report = sink.load(spec, snapshot, within_range(rows, spec.columns, place))
        return report.model_copy(update={"served": report.served.model_copy(update=spec.way())})

    def _load_changes(
        self, sink: Sink, spec: TableSpec, snapshot: Snapshot, before: Release | None
    ) -> LoadReport | None:
        """Load a table as its published version with a few rows changed, where that is possible."""
        served = before.served.get(sink.label, {}).get(spec.name) if before else None
        if before is None or served is None or not sink.copies_tables or snapshot.rows < LARGE:
            return None
        former = before.tables[served.table]
        replaces = spec.mode == "replace" and spec.former is None and _way(served) == _way(spec)
        if not replaces or served.snapshot != former.id or former.columns != snapshot.columns:
            return None
        if former.id == snapshot.id:
            return None  # `load` finds it
        place = f"sinks.{sink.label}: table {spec.name!r}"
        with (
            span(f"load {spec.name}", _database(sink, spec.name), kind="client"),
            suppress(MissingError, DamagedError),
            differing_batches(
                self.lake.input(former, before), self.lake.input(snapshot), ROWS
            ) as found,
        ):
            changes = found and row_changes(
                found.former,
                within_range(found.latter, spec.columns, place),
                snapshot.rows // SHARE,
                found.before,
                found.after,
            )
            report = sink.load_changes(spec, snapshot, served, changes) if changes else None
            if report:
                way = report.served.model_copy(update=spec.way())
                changed = changes.count if changes and report.loaded else None
                return report.model_copy(update={"served": way, "changed": changed})
        return None

    def _session(self) -> AbstractContextManager[Session]:
        if self._open_session is not None:
            return nullcontext(self._open_session())
        return self.context.declaration.engine.session(self.scratch)


def _on_first_use(
    stack: ExitStack, session: Callable[[], AbstractContextManager[Session]]
) -> Callable[[], Session]:
    """A function that opens one session on first use, and returns it every time."""
    opened: list[Session] = []

    def open_once() -> Session:
        if not opened:
            opened.append(stack.enter_context(session()))
        return opened[0]

    return open_once


def _database(sink: Sink, table: str = "") -> dict[str, str]:
    """What spans say of a serving database."""
    collection = {"db.collection.name": table} if table else {}
    return {"db.system.name": sink.name, "medallion.sink": sink.label, **collection}


def _way(table: Serving) -> tuple[object, ...]:
    return table.key, table.indexes, table.mode


def _former(spec: TableSpec, snapshot: Snapshot, served: Served | None) -> Served | None:
    """The table whose rows continue to be served.

    If `served` shows this very snapshot in the same way, it is the table that `served` was built
    on: loading again then results in the same table.
    """
    if spec.mode == "replace" or served is None:
        return None
    if served.snapshot == snapshot.id and _way(served) == _way(spec):
        return served.former
    return served.model_copy(update={"former": None})


def _plain(name: str) -> str:
    return TableName(name).table
