"""Publishing: loading a release's tables beside the live ones, then switching sinks and plain names to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from medallion.config import ServedTable
from medallion.contracts import Input, Session, Sink, TableSpec, check_release
from medallion.errors import CallError, DamagedError, LeaseError, MissingError
from medallion.plain_copies import PlainFile, PlainRecord
from medallion.records import LoadReport, Owner, Release, Served, Serving, Snapshot
from medallion.storage import for_each
from medallion.storage.digests import Stored, store_file, verified
from medallion.storage.sealing import read_record, write_record
from medallion.value_ranges import within_range

if TYPE_CHECKING:
    from medallion.pipeline import Pipeline
    from medallion.storage import Entry

PLAIN = "plain.json"  # which release the plain names show
PLAIN_ROWS = 100_000  # of a plain file's row groups


class Publisher:
    """Puts releases into a pipeline's sinks.

    Parameters: `session` gives the engine's session when rows are needed; by default one of its own.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        scratch: Path,
        session: Callable[[], Session] | None = None,
        owner: Owner | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.lake = pipeline.lake
        self.sinks: Mapping[str, Sink] = pipeline.sinks if owner is None else pipeline.owned_sinks(owner)
        self.scratch = scratch
        self._given = session
        self._owner = owner

    @contextmanager
    def connected(self) -> Iterator[Publisher]:
        """The same publisher, each of its sinks with one connection for all that is done in the block."""
        made = copy(self)
        with ExitStack() as stack:
            made.sinks = {label: stack.enter_context(sink.connected()) for label, sink in self.sinks.items()}
            made._given = self._given or _on_first_use(stack, self._session)
            yield made

    def shown(self, published: Collection[str]) -> set[str | None]:
        """The releases that the sinks show now: one, unless a run was killed between two switches.

        Raises OwnershipError when one shows a release that is not among those this lake `published`.
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
        """Whether a release serves what the declaration asks: the same tables in the same way in the same sinks."""
        wanted = {label: {spec.name: _way(spec) for _, spec in self.specs(release, label)} for label in self.sinks}
        found = {
            label: {name: _way(served) for name, served in tables.items()} for label, tables in release.served.items()
        }
        return wanted == found

    def load_table(self, release: Release, table: str, before: Release | None) -> Iterator[LoadReport]:
        """Load one table of a release into every sink, beside what is live, `before` being the published release."""
        for label, sink in self.sinks.items():
            snapshot, spec = self._spec(release, label, table, before)
            try:
                report = self._load(sink, spec, snapshot, release)
            except CallError as error:
                error.path = ("sinks", label, "tables", spec.name)
                self.pipeline.locate(error)
                raise
            yield report

    def catch_up(self, release: Release) -> bool:
        """Bring sinks that do not show the published release to it, and return whether that could be done: a run was
        killed between the lake's switch and theirs, or a sink's `url` leads elsewhere now."""
        loaded = self.load(release)
        if loaded:
            self.activate(release)
        return loaded

    def load(self, release: Release) -> bool:
        """Load again what a sink has lost of a published release; what is there is left as it is.

        Returns whether all tables are then there under the names that the release knows: a sink of another version, or
        of another kind that `url` leads to now, may have names of its own.
        """
        found = True
        for label, tables in release.served.items():
            there = self.sinks[label].loaded() if label in self.sinks else frozenset()
            for name, served in tables.items():
                if label in self.sinks and served.name not in there:
                    spec = TableSpec(name=name, **served.way())
                    report = self._load(self.sinks[label], spec, release.tables[served.table], release)
                    found = found and report.served.name == served.name
        return found

    def with_served(self, release: Release, loads: Iterable[LoadReport]) -> Release:
        """The release with what was loaded for it."""
        served: dict[str, dict[str, Served]] = {label: {} for label in self.sinks}
        for load in loads:
            served[load.sink][_plain(load.served.table)] = load.served
        return release.model_copy(update={"served": served})

    def activate(self, release: Release) -> None:
        """Switch every sink to the release, then the plain names."""
        summary = release.summary()
        for sink in self.sinks.values():
            sink.activate(summary)
        self.refresh_plain(release)

    def refresh_plain(self, release: Release) -> None:
        """Bring `gold/TABLE.parquet` up to the release: those that changed, were lost, or are served no longer."""
        former = self._plain_record()
        names = [name for name in self.pipeline.declaration.served() if name in release.tables]
        sources = [self.lake.input(release.tables[name], release) for name in names]
        entries = for_each(self.lake.storage, _plain_entry, sources)
        tables: dict[str, PlainFile] = {}
        stale = []
        for name, source, entry in zip(names, sources, entries, strict=True):
            file = former.tables.get(name)
            if file is None or file.snapshot != source.snapshot.id or not Stored.of(file).matches(entry):
                stale.append(source)
            else:
                tables[name] = file
        if intended := {source.snapshot.table for source in stale} - former.tables.keys():
            # recorded before they are written, for a file that no record names is somebody else's
            self._put_plain_record(former.release, {name: _intended(name) for name in intended} | former.tables)
        for source in stale:
            self._check_shown(release)
            tables[source.snapshot.table] = self._copy_plain(source, release)
        for name in former.tables.keys() - tables.keys():
            self._check_shown(release)
            self._delete_plain(name)
        tables = {name: tables[name] for name in names}
        if former != PlainRecord(release=release.id, tables=tables):
            self._check_shown(release)
            self._put_plain_record(release.id, tables)

    def _copy_plain(self, source: Input, release: Release) -> PlainFile:
        """Write one plain copy. Raises LeaseError when a newer writer has published meanwhile; then its table is
        copied, for this copy may have overwritten its own."""
        file = self._write_plain(source)
        source.storage.sync([file.path])
        try:
            self._check_shown(release)
        except LeaseError:
            current, table = self.lake.current(), source.snapshot.table
            if current and table in current.tables:
                self._copy_plain(self.lake.input(current.tables[table], current), current)
            raise
        return file

    def _check_shown(self, release: Release) -> None:
        """Raise LeaseError when a newer writer has published since."""
        if self.lake.pointer().release != release.id:
            raise LeaseError(
                f"{self.lake.storage.url}: a newer writer has published since release {release.id}", hint="run again"
            )

    def check_plain(self, published: Release | None) -> None:
        """Raise CallError when a plain copy would overwrite a file that medallion did not write."""
        known = set(self._plain_record().tables) | (_served_by(published) if published else set())
        for table in self.pipeline.declaration.served():
            if table in known:
                continue
            name = table.partition(".")[0]
            storage = self.lake.layer_storage(name, self.pipeline.declaration.layers[name])
            if storage.info(_plain_file(table)):
                raise CallError(
                    f"{storage.url}/{_plain_file(table)} was not written by medallion, "
                    f"but the plain copy of {table} has this name",
                    hint=f"move that file away, rename the table, or give layer {name!r} another `path`",
                )

    def _put_plain_record(self, release: str, tables: dict[str, PlainFile]) -> None:
        record = PlainRecord(release=release, tables=tables)
        write_record(self.lake.storage, PLAIN, record.model_dump_json(indent=1).encode())

    def _plain_record(self) -> PlainRecord:
        """What stands under plain names; where that is lost or damaged, they are all written again."""
        with suppress(MissingError, DamagedError, ValidationError):
            return PlainRecord.model_validate(read_record(self.lake.storage, PLAIN))
        return PlainRecord(release="", tables={})

    def _delete_plain(self, table: str) -> None:
        name = table.partition(".")[0]
        layer = self.pipeline.declaration.layers.get(name)
        if layer:
            self.lake.layer_storage(name, layer).delete(_plain_file(table))
        else:
            self.lake.storage.delete(f"{name}/{_plain_file(table)}")

    def _write_plain(self, source: Input) -> PlainFile:
        target = self.scratch / "plain.parquet"
        files = source.snapshot.files
        if len(files) == 1 and not source.snapshot.origins and files[0].path.endswith(".parquet"):
            shutil.copyfile(verified(source.storage, [Stored.of(files[0])])[0], target)
        else:
            import pyarrow.parquet as pq

            with self._session() as session:
                batches = session.batches(source, PLAIN_ROWS)
                with pq.ParquetWriter(target, batches.schema) as writer:
                    for batch in batches:
                        writer.write_batch(batch)
        item = store_file(source.storage, _plain_file(source.snapshot.table), target)
        snapshot = source.snapshot
        return PlainFile(
            path=item.path, bytes=item.bytes or 0, sha256=item.sha256 or "", rows=snapshot.rows, snapshot=snapshot.id
        )

    def specs(
        self, release: Release, label: str, before: Release | None = None
    ) -> Iterator[tuple[Snapshot, TableSpec]]:
        """The tables of a release as a sink is to serve them, `before` being the published release."""
        for table in self.pipeline.declaration.served():
            yield self._spec(release, label, table, before)

    def _spec(self, release: Release, label: str, table: str, before: Release | None) -> tuple[Snapshot, TableSpec]:
        """One of them."""
        served = before.served.get(label, {}) if before else {}
        snapshot, plain = release.tables[table], _plain(table)
        options = self.pipeline.declaration.sinks[label].tables.get(plain) or ServedTable()
        spec = TableSpec(
            name=plain, columns=snapshot.columns, key=options.key, indexes=options.indexes, mode=options.mode
        )
        return snapshot, spec.model_copy(update={"former": _former(spec, snapshot, served.get(plain))})

    def _load(self, sink: Sink, spec: TableSpec, snapshot: Snapshot, release: Release) -> LoadReport:
        with self._session() as session:
            rows = session.batches(self.lake.input(snapshot, release), sink.batch)
            place = f"sinks.{sink.label}: table {spec.name!r}"
            report = sink.load(spec, snapshot, within_range(rows, spec.columns, place))
        return report.model_copy(update={"served": report.served.model_copy(update=spec.way())})

    def _session(self) -> AbstractContextManager[Session]:
        if self._given is not None:
            return nullcontext(self._given())
        return self.pipeline.declaration.engine.session(self.scratch)


def _on_first_use(stack: ExitStack, session: Callable[[], AbstractContextManager[Session]]) -> Callable[[], Session]:
    """One session for all that needs one, opened when something does."""
    opened: list[Session] = []

    def give() -> Session:
        if not opened:
            opened.append(stack.enter_context(session()))
        return opened[0]

    return give


def _way(table: Serving) -> tuple[object, ...]:
    return table.key, table.indexes, table.mode


def _former(spec: TableSpec, snapshot: Snapshot, served: Served | None) -> Served | None:
    """The table whose rows go on being served. When `served` shows this very snapshot in this very way, it is the one
    that was built on, so that what is there comes out as the same table."""
    if spec.mode == "replace" or served is None:
        return None
    if served.snapshot == snapshot.id and _way(served) == _way(spec):
        return served.former
    return served.model_copy(update={"former": None})


def _plain_entry(source: Input) -> Entry | None:
    return source.storage.info(_plain_file(source.snapshot.table))


def _intended(table: str) -> PlainFile:
    """Stands for a plain copy that is about to be written."""
    return PlainFile(path=_plain_file(table), bytes=0, rows=0, sha256="", snapshot="")


def _served_by(release: Release) -> set[str]:
    """The tables that a release has plain copies of: those of its last layer."""
    last = list(release.layers)[-1]
    return {name for name in release.tables if name.startswith(f"{last}.")}


def _plain_file(name: str) -> str:
    """Where in its layer a table stands under its plain name."""
    return f"{_plain(name)}.parquet"


def _plain(name: str) -> str:
    return name.partition(".")[2]
