"""Writes the stamp of a lake: looks whether nothing is left to do, and at all that decides it.

There is no stamp when the answer depends on something that cannot be compared cheaply and with
certainty: a lake or sources on an object store, a source that is pulled, a sink without a file, a
layer with a `path`, plugins of other distributions, code that was edited just now.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from medallion.contracts import Plugin
from medallion.declaration import source_pattern
from medallion.declaration.locations import LAKE_MARKS, near
from medallion.declaration.models import Source
from medallion.entry_points import OWN, distribution_of, registry
from medallion.identifiers import TableName, now
from medallion.lake import layer_logs, ownership
from medallion.lake.corrections import FOLDER, correction_log
from medallion.lake.pointer import POINTER
from medallion.lake.record_retention import RUNS, SLACK
from medallion.records import Release, Run, StepRun
from medallion.run import ingest, stamp
from medallion.run.context import RunContext
from medallion.run.exported_files import EXPORTS, ExportedFiles
from medallion.run.plain_copies import PLAIN, PlainRecord
from medallion.run.planner import Arrival, plan
from medallion.run.publish import Publisher
from medallion.run.run_log import finished_step, with_corrections
from medallion.run.source_matches import SourceTable, source_storages
from medallion.run.source_tokens import is_unchanged, read_tokens
from medallion.storage.local import LocalStorage
from medallion.storage.sealed_records import read_record
from medallion.telemetry.environment import is_observed

# Seconds: code that is this old was not edited while the process loaded it.
SETTLED = 10.0


class _NoStampError(Exception):
    """Something is left to do, or cannot be compared."""


def write_stamp(context: RunContext, start: stamp.Start) -> None:
    """Write the stamp of the lake, if it can have one and nothing is left to do.

    No run of a pipeline that other systems hear of would use it.
    """
    storage = context.lake.storage
    if is_observed(context.base):
        return
    # The run has ended, and without a stamp the next one only takes longer.
    with suppress(Exception, KeyboardInterrupt):
        if isinstance(storage, LocalStorage):
            stamp.write(storage, _Answer(context, storage.root, start).stamp())


class _Answer:
    """The answer of a run that begins now, and what it depends on.

    All of it is looked at before it is used, and compared when the stamp is written: a change in
    between is noticed.
    """

    def __init__(self, context: RunContext, root: Path, start: stamp.Start) -> None:
        self.context = context
        self.declaration = context.declaration
        self.lake = context.lake
        self.root = root
        self.start = start
        self.digests = dict(start.digests)
        self.sources: list[list[Any]] = []
        self.places = {str(root)}
        self.names = {str(root / FOLDER): stamp.names(str(root / FOLDER))}
        self.corrections = correction_log(context.lake)

    def stamp(self) -> stamp.Stamp:
        """The stamp. Raises _NoStampError or MedallionError."""
        self._check_plugins()
        self._look_at(POINTER, ownership.PATH, PLAIN, EXPORTS, layer_logs.PATH)
        ownership.check_owner(self.lake, self.declaration.name)
        pointer = self.lake.pointer()
        _require(pointer.release and not pointer.held)
        self._look_at(f"releases/{pointer.release}.json")
        release = self.lake.current(pointer)
        document = self.context.document
        if release is None or document is None:
            raise _NoStampError
        shown = {file: stamp.shown(file) for file in self._sink_files()}
        publisher = Publisher(self.context, self.root)
        _require(publisher.shown(pointer.published) == {release.id} and publisher.serves(release))
        exported = self._exported(publisher.exports, release)
        _require(layer_logs.are_recorded(self.lake, release))
        steps = self._steps(release)
        layers = [self._layer(name) for name in self.lake.layers]
        self.places |= {*shown, *layers}
        salt = uuid4().hex
        return stamp.Stamp(
            declaration=self.start.declaration,
            interpreter=self.start.interpreter,
            salt=salt,
            variables=sorted(document.variables),
            environment=stamp.environment(document.variables, salt),
            digests=self.digests,
            versions=self._code() | self._neighbours(layers),
            modules=self.start.modules,
            tables=self.names | {layer: stamp.names(layer) for layer in layers},
            places={path: stamp.place(path) for path in self.places},
            stored=self._stored(release) | self._copies(release) | exported,
            sources=self.sources,
            sinks=shown,
            runs=RUNS + SLACK,
            record=self._record(release, steps),
        )

    def _check_plugins(self) -> None:
        """All plugins are medallion's own, and what their identity depends on is known."""
        points = [point for group in registry().points.values() for point in group.values()]
        _require(all(distribution_of(point) == OWN for point in points))
        _require(not any(layer.path for layer in self.declaration.layers.values()))
        _require(
            all(
                type(part).identity is Plugin.identity or part.identity_files()
                for part in self._parts()
            )
        )

    def _parts(self) -> Iterator[Plugin]:
        """The plugins whose identity decides whether a table has changed."""
        for table in map(self.declaration.table, self.declaration.names()):
            if isinstance(table, Source):
                yield from [table.format] if table.format else []
            else:
                yield from (*table.steps, *table.expect)

    def _look_at(self, *records: str) -> None:
        self.digests |= {
            path: stamp.digest(path) for path in (str(self.root / record) for record in records)
        }

    def _sink_files(self) -> Iterator[str]:
        for sink in self.context.sinks.values():
            file = sink.file()
            _require(file)
            yield str(file)

    def _steps(self, release: Release) -> list[StepRun]:
        """What a run would record of each table: nothing changed."""
        tables = self.context.source_tables()
        arrivals = {table.name: self._arrival(table, release) for table in tables}
        planned = plan(self.declaration, arrivals, release.tables, self.lake.find_snapshot)
        _require(all(step.decision == "unchanged" for step in planned.steps))
        _require(release.tables.keys() == {step.table for step in planned.steps})
        _require(not self.lake.lost(release, self.declaration.names()))
        return [
            with_corrections(
                finished_step(
                    release.tables[step.table],
                    "unchanged",
                    step.why,
                    arrivals[step.table].changes if step.table in arrivals else {},
                ),
                release.tables[step.table],
                self.corrections,
            )
            for step in planned.steps
        ]

    def _arrival(self, table: SourceTable, release: Release) -> Arrival:
        """The files of a source, if a run would take all of them for unchanged unread."""
        _require(not table.declared.pulled)
        # They are listed before they are compared: what changes meanwhile is found by either.
        for storage, rest in source_storages(table):
            folder = storage.root
            if folder is None:
                raise _NoStampError
            self.sources.append([str(folder), rest, stamp.listing(str(folder), rest)])
            self.places.add(str(folder))
            if source_pattern.names_one_file(rest):
                self.places.add(str(folder / rest))
        touched = read_tokens(self.lake.storage, table.name)
        before = release.tables.get(table.name)
        corrections = self.corrections.by_file(table.name)
        arrival, files = ingest.ingest_table(
            table, before, None, touched=touched, corrections=corrections
        )
        _require(all(is_unchanged(file.token, file.entry) for file in files))
        return arrival

    def _stored(self, release: Release) -> dict[str, int | None]:
        """The files that a release needs."""
        files: dict[str, int | None] = {}
        for snapshot in release.tables.values():
            source = self.lake.input(snapshot)
            folder = self._layer(TableName(snapshot.table).layer)
            objects = source.layer.stored(snapshot)
            files |= {f"{folder}/{item.path}": item.bytes for item in objects}
            files |= {f"{self.root}/{file.path}": file.bytes for file in snapshot.rejects}
        return files

    def _copies(self, release: Release) -> dict[str, int | None]:
        """The plain copies, if they are those of the release."""
        record = PlainRecord.model_validate(read_record(self.lake.storage, PLAIN))
        served = self.declaration.served()
        _require(record.release == release.id and record.tables.keys() == set(served))
        _require(all(record.tables[name].snapshot == release.tables[name].id for name in served))
        return {
            f"{self._layer(TableName(name).layer)}/{file.path}": file.bytes
            for name, file in record.tables.items()
        }

    def _exported(self, exports: ExportedFiles, release: Release) -> dict[str, int | None]:
        """The exported files, if they are those of the release."""
        found: dict[str, int | None] = {}
        files = exports.files()
        for export in self.declaration.export:
            folder, file = exports.storage(export).root, files.get(export.file)
            if folder is None or file is None or not exports.is_current(export, release, file):
                raise _NoStampError
            found[f"{folder}/{file.path}"] = file.bytes
            self.places.add(str(folder))
        return found

    def _layer(self, name: str) -> str:
        return str(self.lake.layer_storage(name, self.lake.layers[name]).root)

    def _neighbours(self, layers: list[str]) -> dict[str, str | None]:
        """The records that would make a folder another lake, where that is an error."""
        lake = Path(os.path.realpath(self.root))
        folders = {*near(lake, below=False)}
        for layer in layers:
            folders |= {*near(Path(os.path.realpath(layer)), below=True)}
        marks = {
            str(folder / mark): stamp.version(str(folder / mark))
            for folder in folders - {lake}
            for mark in LAKE_MARKS
        }
        _require(not any(marks.values()))
        return marks

    def _code(self) -> dict[str, str | None]:
        """The files that decide which code runs, if none was edited just now."""
        files = {*_imported_files(), *_installed_files(self.start.modules)}
        files |= {str(file) for part in self._parts() for file in part.identity_files()}
        for file in files:
            if status := stamp.status_of(file):
                changed = max(status.st_mtime, status.st_ctime)
                _require(self.start.moment - changed > SETTLED)
        return {file: stamp.version(file) for file in files}

    def _record(self, release: Release, steps: list[StepRun]) -> dict[str, Any]:
        run = Run(
            id=release.run,
            pipeline=self.declaration.name,
            status="unchanged",
            started=now(),
            finished=now(),
            steps=tuple(steps),
            release=release.id,
        )
        return run.model_dump(mode="json")


def _require(condition: object) -> None:
    if not condition:
        raise _NoStampError


def _imported_files() -> Iterator[str]:
    """The files of imported modules, without those of Python itself, whose version is compared."""
    library = sysconfig.get_path("stdlib")
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and (not file.startswith(library) or "site-packages" in file):
            yield file


def _installed_files(folders: Iterable[str]) -> Iterator[str]:
    """The files that say which plugins are installed, and what Python does when it starts."""
    for folder in folders:
        with suppress(FileNotFoundError, NotADirectoryError):
            for entry in os.scandir(folder):
                if entry.name.endswith(".pth"):
                    yield entry.path
                elif entry.name.endswith((".dist-info", ".egg-info")):
                    yield f"{entry.path}/entry_points.txt"
