"""Diagnosis: probes of installation, declaration, lake, sinks, sources and lease."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from typing import Literal
from uuid import uuid4

from medallion import plugins
from medallion.contracts import DataSource, Engine, Sink
from medallion.errors import (
    ConflictError,
    DeclarationError,
    ExistsError,
    MedallionError,
    StorageError,
)
from medallion.lake.lease import advice, describe, holder
from medallion.ops.verify import Inspection
from medallion.pipeline import Pipeline
from medallion.plural import count_of
from medallion.run import source_formats
from medallion.run.source_matches import SourceMatch, SourceTable, matches
from medallion.storage import Storage

Outcome = Literal["ok", "warning", "failure"]
PYTHON = (3, 11)
SHOWN = 10  # damages that are listed one by one
FORMER, LATTER = b"one", b"two"


@dataclass(frozen=True)
class Probe:
    """The outcome of one probe: `said` is what was observed, `advice` what to do about it."""

    name: str
    outcome: Outcome
    said: str
    advice: str = ""


def examine(load: Callable[[], Pipeline]) -> Iterator[Probe]:
    """Probe the installation, then the pipeline that `load` returns.

    Nothing is raised: a probe that fails says so. The lake is probed with one small object, which
    is removed again.
    """
    yield from installation()
    try:
        pipeline = load()
    except MedallionError as error:
        count = len(error.problems) if isinstance(error, DeclarationError) else 1
        said, advice = error.message, error.hint
        if count > 1:
            said, advice = f"{count} problems", "medallion check shows each with its place"
        yield Probe("declaration", "failure", said, advice)
        return
    yield Probe("declaration", "ok", count_of(len(pipeline.declaration.names()), "table"))
    yield from lake(pipeline.lake.storage)
    yield from integrity(pipeline)
    yield from engine(pipeline.declaration.engine, pipeline.lake.storage)
    for label, declared in pipeline.sinks.items():
        yield from sink(label, declared)
    yield from (source(table) for table in pipeline.context.source_tables())
    yield lease(pipeline.lake.storage)


def installation() -> Iterator[Probe]:
    """The versions of Python and of the packages that medallion needs, and faulty plugins."""
    enough = sys.version_info >= PYTHON
    advice = "" if enough else f"install Python {'.'.join(map(str, PYTHON))} or later"
    yield Probe("python", "ok" if enough else "failure", platform.python_version(), advice)
    for requirement in metadata.requires(plugins.DISTRIBUTION) or ():
        match = re.match(r"([\w.-]+)\s*>=\s*([\d.]+)\s*$", requirement)
        if match:
            yield _package(match[1], match[2])
    for defect in plugins.defects():
        owner = defect.distribution
        reason = defect.reason if owner in defect.reason else f"{owner}: {defect.reason}"
        yield Probe(
            f"plugin {defect.name}",
            "warning",
            reason,
            f"upgrade it, or remove it with: pip uninstall {owner}",
        )


def lake(storage: Storage) -> Iterator[Probe]:
    """Whether the lake can be listed, and supports what leases and releases need."""
    try:
        entries = storage.list("runs")
    except MedallionError as error:
        yield _failed("lake", error)
        return
    yield Probe("lake", "ok", f"{storage.url}, {count_of(len(entries), 'run')}")
    path = f"doctor-{uuid4().hex}"
    try:
        yield from _promises(storage, path)
    except MedallionError as error:
        yield _failed("lake: writing", error)
    finally:
        try:
            storage.delete(path)
        except StorageError as error:
            yield _failed("lake: removing", error)


def integrity(pipeline: Pipeline) -> Iterator[Probe]:
    """Whether stored data is what was written; of a large lake, a sample is read back."""
    try:
        look = Inspection(pipeline)
    except MedallionError as error:
        yield _failed("integrity", error)
        return
    for number, damage in enumerate(look.damages):
        if number == SHOWN:
            more = f"{len(look.damages) - SHOWN} more are damaged or lost"
            yield Probe("integrity", "failure", more, "medallion verify lists them")
            return
        yield Probe("integrity", "failure", f"{damage.place}: {damage.said}", damage.advice)
    if not look.damages:
        sample = "all" if look.read_back == look.objects else f"{look.read_back:,}"
        shown = look.current.id if look.current else "nothing is published yet"
        summary = f"{shown}, all {look.objects:,} objects are there, {sample} were read back"
        yield Probe("integrity", "ok", summary)


def engine(declared: Engine, storage: Storage) -> Iterator[Probe]:
    """Whether the engine has what it needs, such as a cluster that reaches the lake."""
    for check in declared.checks(storage):
        name = f"engine {declared.name}: {check.what}"
        yield _failed(name, check.failed) if check.failed else Probe(name, "ok", check.said)


def sink(label: str, declared: Sink) -> Iterator[Probe]:
    """Whether a serving database responds, which release it shows, and whether it is writable."""
    name = f"sink {label}"
    try:
        active = declared.active()
        yield Probe(name, "ok", f"shows release {active.id}" if active else "shows nothing yet")
        for right in declared.rights():
            tried = f"{name}: {right.what}"
            if right.refused is None:
                yield Probe(tried, "ok", "is allowed")
            elif right.needed:
                yield _failed(tried, right.refused)
            else:
                yield Probe(tried, "warning", right.refused.message, right.refused.hint)
    except MedallionError as error:
        yield _failed(name, error)


def source(table: SourceTable) -> Probe:
    """Whether files match a bronze table's pattern, and each of them can be read."""
    name = f"source {table.name}"
    if table.declared.pulled:
        return _pulled(name, table, table.declared.pulled.located(table.base))
    try:
        files = matches(table)
        for file in files if table.declared.format is None else ():
            source_formats.format_of(file.name)
    except MedallionError as error:
        return _failed(name, error)
    with ThreadPoolExecutor(4) as pool:
        faults = [fault for fault in pool.map(_unreadable, files) if fault]
    if faults:
        more = f" and {len(faults) - 1} more" if faults[1:] else ""
        summary = f"{faults[0]}{more} of {len(files)} files cannot be read"
        return Probe(
            name,
            "failure",
            summary,
            "give this user the right to read the files, or fetch them again",
        )
    return Probe(name, "ok", f"{table.declared.shown}: {count_of(len(files), 'file')}")


def _pulled(name: str, table: SourceTable, source: DataSource) -> Probe:
    """Whether a source that is pulled can be read."""
    try:
        with table.connections as connections:
            source.probe(connections.of(source))
    except MedallionError as error:
        return _failed(name, error)
    return Probe(name, "ok", f"{table.declared.shown} can be read")


def _unreadable(file: SourceMatch) -> str | None:
    """Why a source file cannot be read; None when its first byte could."""
    try:
        with file.storage.open(file.entry.path) as stream:
            stream.read(1)
    except MedallionError as error:
        return f"{file.name} ({error.message})"
    except OSError as error:
        return f"{file.name} ({(error.strerror or str(error)).lower()})"
    return None


def lease(storage: Storage) -> Probe:
    """Whether a run is writing now."""
    try:
        body = holder(storage)
    except MedallionError as error:
        return _failed("lease", error)
    if body is None:
        return Probe("lease", "ok", "nobody is writing")
    return Probe("lease", "warning", f"{describe(body)} is writing", advice())


def _package(name: str, least: str) -> Probe:
    advice = f"pip install --upgrade '{plugins.DISTRIBUTION}'"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Probe(name, "failure", "is not installed", advice)
    if _numbers(version) < _numbers(least):
        return Probe(name, "failure", f"{version}, but {least} or later is needed", advice)
    return Probe(name, "ok", version)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:3]]


def _promises(storage: Storage, path: str) -> Iterator[Probe]:
    advice = (
        "choose another store for the lake: two runs at once could overwrite each other's release"
    )
    version = storage.create(path, FORMER)
    data, read = storage.read(path)
    if (data, read) == (FORMER, version):
        yield Probe("lake: writing", "ok", "what is written can be read at once")
    else:
        yield Probe("lake: writing", "failure", "what was written is not what is read", advice)
    try:
        storage.create(path, LATTER)
        yield Probe(
            "lake: create-only", "failure", "an object that was there was overwritten", advice
        )
    except ExistsError:
        yield Probe("lake: create-only", "ok", "an object that is there is not overwritten")
    storage.swap(path, LATTER, version)
    try:
        storage.swap(path, FORMER, version)
        yield Probe("lake: compare-and-swap", "failure", "a newer version was overwritten", advice)
    except ConflictError:
        yield Probe("lake: compare-and-swap", "ok", "a newer version is not overwritten")


def _failed(name: str, error: MedallionError) -> Probe:
    return Probe(name, "failure", error.message, error.hint or "fix that and run the doctor again")
