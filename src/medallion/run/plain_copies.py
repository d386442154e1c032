"""Plain copies: each served table under its plain name, such as `gold/sales.parquet`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field, ValidationError

from medallion.contracts import Input, Session
from medallion.errors import CallError, DamagedError, LeaseError, MissingError
from medallion.identifiers import TableName, next_id
from medallion.lake.lake import Lake
from medallion.lake.record_files import set_aside
from medallion.records import File, Record, Release
from medallion.run.context import RunContext
from medallion.run.plain_rows import write_copy
from medallion.storage import for_each
from medallion.storage.digests import Stored, store_file, verified
from medallion.storage.sealed_records import read_record, write_record

if TYPE_CHECKING:
    from medallion.storage import Entry, Storage

PLAIN = "plain.json"  # the record of the plain copies and their release

GROUP_TABLES = 50
GROUP_BYTES = 64 << 20

OpenSession = Callable[[], AbstractContextManager[Session]]


class PlainFile(File):
    """The plain copy of a table, such as `gold/sales.parquet`; `snapshot` is what it copies.

    `described` identifies the description in its metadata.
    """

    snapshot: str
    described: str = Field(default="", exclude_if=lambda digest: not digest)


class PlainRecord(Record):
    """The plain copies by full table name, and the release they belong to."""

    release: str
    tables: dict[str, PlainFile]


class CopyFlaw(NamedTuple):
    """A copy, or the record of copies, that is lost or damaged; `path` is in the storage."""

    storage: Storage
    path: str
    said: str


class PlainCopies:
    """The plain copies of a pipeline's served tables, for other programs."""

    def __init__(self, context: RunContext, scratch: Path) -> None:
        self.context = context
        self.lake = context.lake
        self.scratch = scratch

    def refresh(self, release: Release, session: OpenSession) -> None:
        """Bring `gold/TABLE.parquet` up to date with the release.

        Copies that changed or were lost are written; those of tables that are no longer served are
        deleted. Raises LeaseError when a newer writer has published meanwhile.
        """
        former = self._record(aside=True)
        names = [name for name in self.context.declaration.served() if name in release.tables]
        sources = [self.lake.input(release.tables[name], release) for name in names]
        entries = for_each(self.lake.storage, _entry, sources)
        tables: dict[str, PlainFile] = {}
        stale = []
        for name, source, entry in zip(names, sources, entries, strict=True):
            file = former.tables.get(name)
            if (
                file is None
                or file.snapshot != source.snapshot.id
                or file.described != release.described(name).digest
                or not Stored.of(file).matches(entry)
            ):
                stale.append(source)
            else:
                tables[name] = file
        if intended := {source.snapshot.table for source in stale} - former.tables.keys():
            # Recorded before they are written: a file that no record names is another program's.
            self._put_record(
                former.release, {name: _intended(name) for name in intended} | former.tables
            )
        for group in _groups(stale):
            tables |= self._copy(group, release, session)
        _sync(stale)
        for name in former.tables.keys() - tables.keys():
            check_shown(self.lake, release)
            self._delete(name)
        tables = {name: tables[name] for name in names}
        if former != PlainRecord(release=release.id, tables=tables):
            check_shown(self.lake, release)
            self._put_record(release.id, tables)

    def _copy(
        self, sources: Sequence[Input], release: Release, session: OpenSession
    ) -> dict[str, PlainFile]:
        """Write plain copies. Raises LeaseError when a newer writer has published meanwhile.

        Then the newer tables are copied first, because these copies may have overwritten theirs.
        """
        parts = [self.scratch / f"plain-{number}.parquet" for number in range(len(sources))]
        for source, part in zip(sources, parts, strict=True):
            write_copy(source, part, session, release.described(source.snapshot.table))
        check_shown(self.lake, release)
        store = partial(_store, release)
        files = for_each(sources[0].storage, store, zip(sources, parts, strict=True))
        try:
            check_shown(self.lake, release)
        except LeaseError:
            self._copy_newer([source.snapshot.table for source in sources], session)
            raise
        return {source.snapshot.table: file for source, file in zip(sources, files, strict=True)}

    def _copy_newer(self, names: Sequence[str], session: OpenSession) -> None:
        """Write the plain copies of tables as the release that is published now has them."""
        current = self.lake.current()
        tables = (
            [current.tables[name] for name in names if name in current.tables] if current else []
        )
        if current and tables:
            sources = [self.lake.input(table, current) for table in tables]
            self._copy(sources, current, session)
            _sync(sources)

    def check(self, published: Release | None) -> None:
        """Raise CallError when a plain copy would overwrite a file that medallion did not write."""
        known = set(self._record().tables) | (_served_by(published) if published else set())
        for table in self.context.declaration.served():
            if table in known:
                continue
            name = TableName(table).layer
            storage = self.lake.layer_storage(name, self.context.declaration.layers[name])
            if storage.info(_path(table)):
                raise CallError(
                    f"{storage.url}/{_path(table)} was not written by medallion, "
                    f"but the plain copy of {table} has this name",
                    hint="move that file away, rename the table, "
                    f"or give layer {name!r} another `path`",
                )

    def flaws(self, current: Release) -> Iterator[CopyFlaw]:
        """The plain copies of the published release that are lost or damaged, and their record."""
        try:
            record = PlainRecord.model_validate(read_record(self.lake.storage, PLAIN))
        except MissingError:
            yield CopyFlaw(self.lake.storage, PLAIN, "is lost")
            return
        except (DamagedError, ValidationError) as error:
            said = error.message if isinstance(error, DamagedError) else "is damaged"
            yield CopyFlaw(self.lake.storage, PLAIN, said)
            return
        for name, file in record.tables.items():
            if name in current.tables and current.tables[name].id == file.snapshot:
                yield from flaws_of(self.lake.input(current.tables[name], current).storage, file)

    def _put_record(self, release: str, tables: dict[str, PlainFile]) -> None:
        record = PlainRecord(release=release, tables=tables)
        write_record(self.lake.storage, PLAIN, record.model_dump_json(indent=1).encode())

    def _record(self, *, aside: bool = False) -> PlainRecord:
        """The recorded copies; none when the record is lost or damaged: all are written again then.

        With `aside`, a damaged record is moved to `damaged/`.
        """
        try:
            return PlainRecord.model_validate(read_record(self.lake.storage, PLAIN))
        except MissingError:
            pass
        except (DamagedError, ValidationError):
            if aside:
                set_aside(self.lake.storage, self.lake.storage, PLAIN, next_id(None))
        return PlainRecord(release="", tables={})

    def _delete(self, table: str) -> None:
        name = TableName(table).layer
        layer = self.context.declaration.layers.get(name)
        if layer:
            self.lake.layer_storage(name, layer).delete(_path(table))
        else:
            self.lake.storage.delete(f"{name}/{_path(table)}")


def check_shown(lake: Lake, release: Release) -> None:
    """Raise LeaseError when a newer writer has published."""
    if lake.pointer().release != release.id:
        raise LeaseError(
            f"{lake.storage.url}: a newer writer has published since release {release.id}",
            hint="run again",
        )


def flaws_of(storage: Storage, file: File) -> Iterator[CopyFlaw]:
    """What is wrong with the bytes of a file."""
    try:
        verified(storage, [Stored.of(file)])
    except DamagedError as error:
        yield CopyFlaw(storage, file.path, error.message)
    except MissingError:
        yield CopyFlaw(storage, file.path, "is lost")


def _groups(sources: Iterable[Input]) -> Iterator[list[Input]]:
    """The tables in groups that are checked and written together.

    The copies of a group are in the scratch folder first, so their size is limited.
    """
    group: list[Input] = []
    size = 0
    for source in sources:
        group.append(source)
        size += sum(file.bytes for file in source.snapshot.files)
        if len(group) == GROUP_TABLES or size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _store(release: Release, copy: tuple[Input, Path]) -> PlainFile:
    """Move a plain copy from the scratch folder to its place."""
    source, part = copy
    snapshot = source.snapshot
    item = store_file(source.storage, _path(snapshot.table), part)
    return PlainFile(
        path=item.path,
        bytes=item.bytes or 0,
        sha256=item.sha256 or "",
        rows=snapshot.rows,
        snapshot=snapshot.id,
        described=release.described(snapshot.table).digest,
    )


def _sync(sources: Iterable[Input]) -> None:
    """Sync the plain copies of tables, all those of a storage together."""
    written: dict[str, tuple[Storage, list[str]]] = {}
    for source in sources:
        written.setdefault(source.storage.url, (source.storage, []))[1].append(
            _path(source.snapshot.table)
        )
    for storage, paths in written.values():
        storage.sync(paths)


def _entry(source: Input) -> Entry | None:
    return source.storage.info(_path(source.snapshot.table))


def _intended(table: str) -> PlainFile:
    """The record of a plain copy that is about to be written."""
    return PlainFile(path=_path(table), bytes=0, rows=0, sha256="", snapshot="")


def _served_by(release: Release) -> set[str]:
    """The tables that a release has plain copies of: those of its last layer."""
    last = list(release.layers)[-1]
    return {name for name in release.tables if name.startswith(f"{last}.")}


def _path(name: str) -> str:
    """The path of a table's plain copy in its layer."""
    return f"{name.partition('.')[2]}.parquet"
