"""Faults between the parts of a declaration, each of which is valid by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from medallion.contracts import Columns, ColumnUse, Section, SourceLayer, TableExpectation
from medallion.declaration import locations
from medallion.declaration.columns import known_columns
from medallion.declaration.models import Declaration, Source, Table
from medallion.errors import DeclarationError, LoadError, Problem, did_you_mean
from medallion.identifiers import TableName
from medallion.query.column_types import Kind, kind_of
from medallion.records import Column

Fault = tuple[tuple[str | int, ...], str]


def require_consistent(declaration: Declaration, base: Path, *, serving: bool = False) -> None:
    """Raise DeclarationError with all faults between its parts, or else between its locations.

    With `serving`, sections that do not fit the tables are accepted.
    """
    inconsistencies = [
        (path, message)
        for path, message in faults(declaration, base)
        if not (serving and path[0] in declaration.sections)
    ] or list(locations.faults(declaration, base))
    if inconsistencies:
        raise DeclarationError(
            [Problem("", ".".join(map(str, path)), said) for path, said in inconsistencies]
        )


def faults(declaration: Declaration, base: Path) -> Iterator[Fault]:
    """(path, message) of each fault between the parts of a declaration; empty when it is valid."""
    order = {layer: position for position, layer in enumerate(declaration.layers)}
    known = declaration.names()
    if not known:
        yield (
            ("tables",),
            "no table is declared; begin with `bronze: {orders: {source: data/orders.csv}}`",
        )
    for layer, tables in declaration.tables.items():
        if layer not in order:
            yield ("tables", layer), f"no layer {layer!r}{did_you_mean(layer, order)}"
            continue
        of_sources = isinstance(declaration.layers[layer], SourceLayer)
        for name, table in tables.items():
            path = ("tables", layer, name)
            if isinstance(table, Source):
                if not of_sources:
                    kind = declaration.layers[layer].name
                    yield (
                        (*path, "source"),
                        f"layer {layer!r} is of type {kind!r}, which cannot keep source files",
                    )
            elif of_sources:
                yield (*path, "from"), f"layer {layer!r} keeps source files; write `source`"
            else:
                yield from _faults_of_reads(table, path, known, order)
                yield from _faults_of_versions(declaration, table, path)
                yield from _faults_of_file_counts(declaration, table, path)
    yield from _cycles(declaration)
    yield from _faults_of_service(declaration, base)


def _faults_of_versions(
    declaration: Declaration, table: Table, path: tuple[str | int, ...]
) -> Iterator[Fault]:
    """Each source with versions of records that a table reads without leaving one of each."""
    known = declaration.names()
    for read in table.reads().values():
        source = declaration.table(read) if read in known else None
        pulled = source.pulled if isinstance(source, Source) else None
        if pulled is None or not pulled.version_key:
            continue
        key = ", ".join(pulled.version_key)
        if read != table.main:
            reason = f"read it in a table of its own, with a step of the key {key}, and read that"
        elif any(set(step.key()) == set(pulled.version_key) for step in table.steps):
            continue
        else:
            reason = f"begin `steps` with `deduplicate: [{key}]`, which keeps the last one"
        yield path, f"{read} has each version of a row that its source has updated: {reason}"


def _faults_of_file_counts(
    declaration: Declaration, table: Table, path: tuple[str, ...]
) -> Iterator[Fault]:
    """Each rule on the number of unreadable files of a table that reads no source with such."""
    counting = [
        (position, rule)
        for position, rule in enumerate(table.expect)
        if isinstance(rule, TableExpectation) and rule.counts_files
    ]
    if not counting:
        return
    sources = _sources_of(declaration, table)
    if any(source.unreadable == "quarantine" for source in sources.values()):
        return
    files = [name for name, source in sources.items() if not source.pulled]
    reason = (
        f"a file of {' or '.join(files)} that cannot be read fails the run, and is not counted; "
        "declare `unreadable: quarantine` there"
        if files
        else "the table reads no source files that it could count; leave the rule out"
    )
    for position, rule in counting:
        yield (*path, "expect", position, rule.name), reason


def _sources_of(declaration: Declaration, table: Table) -> dict[str, Source]:
    """The sources that the rows of a table come from, directly or by other tables."""
    known = {*declaration.names()}
    sources: dict[str, Source] = {}
    tables, seen = [table], set[str]()
    while tables:
        for name in tables.pop().reads().values():
            if name in seen or name not in known:
                continue
            seen.add(name)
            read = declaration.table(name)
            if isinstance(read, Source):
                sources[name] = read
            else:
                tables.append(read)
    return dict(sorted(sources.items()))


def _faults_of_service(declaration: Declaration, base: Path) -> Iterator[Fault]:
    for key, section in declaration.sections.items():
        if isinstance(section, Section):
            own = (*section.faults(declaration), *section.file_faults(base))
            yield from (((key, *path), message) for path, message in own)
    served = {TableName(name).table: name for name in declaration.served()}
    for label, sink in declaration.sinks.items():
        for name, reason in sink.sink.unfit_names(list(served)):
            yield (
                ("tables", *served[name].split(".")),
                f"the sink {label!r} cannot serve it: {reason}",
            )
        for name, table in sink.tables.items():
            path = ("sinks", label, "tables", name)
            if name not in served:
                yield path, f"no table {name!r} in the last layer{did_you_mean(name, served)}"
            elif table.mode != "replace" and not table.key:
                yield (*path, "mode"), f"{table.mode!r} knows rows by their key; declare `key`"
    yield from _faults_of_exports(declaration, served)
    yield from column_faults(declaration, known_columns(declaration))


def _faults_of_exports(declaration: Declaration, served: Iterable[str]) -> Iterator[Fault]:
    for number, export in enumerate(declaration.export):
        for place, name in enumerate(export.tables):
            if name not in served:
                said = f"no table {name!r} in the last layer{did_you_mean(name, served)}"
                yield ("export", number, "tables", place), said


def column_faults(declaration: Declaration, columns: Mapping[str, Columns]) -> Iterator[Fault]:
    """Each column that a sink, a section or a description names and its tables lack.

    Parameters: `columns` are those of every table by full name, None where they are not known.
    """
    served = {TableName(name).table: columns[name] for name in declaration.served()}
    for use in column_uses(declaration):
        known = [served.get(table) for table in use.tables]
        if use.column is None or any(names is None or use.column in names for names in known):
            continue
        names = sorted({name for table in known for name in table or ()})
        tables = " or ".join(map(repr, use.tables))
        yield use.path, f"no column {use.column!r} in {tables}{did_you_mean(use.column, names)}"
    for name in declaration.names():
        own = columns[name]
        if own is None:
            continue
        for column in declaration.table(name).column_descriptions:
            if column not in own:
                path = ("tables", *name.split(".", 1), "column_descriptions", column)
                yield path, f"no column {column!r} in {name!r}{did_you_mean(column, own)}"


def type_faults(
    declaration: Declaration, columns: Mapping[str, Iterable[Column] | None]
) -> Iterator[Fault]:
    """What sections do with columns that the types of served tables do not allow.

    Parameters: `columns` are those of every table by full name, None where they are not known.
    """
    kinds = {
        TableName(name).table: dict(_served_kinds(columns[name] or ()))
        for name in declaration.served()
        if columns[name] is not None
    }
    for key, section in declaration.sections.items():
        if isinstance(section, Section):
            for path, message in section.type_faults(declaration, kinds):
                yield (key, *path), message


def _served_kinds(columns: Iterable[Column]) -> Iterator[tuple[str, Kind]]:
    for column in columns:
        with suppress(LoadError):  # of a type that no database can serve, which a run reports
            yield column.name, kind_of(column.type)


def column_uses(declaration: Declaration) -> Iterator[ColumnUse]:
    """Each column of a served table that a sink or a section names."""
    for label, sink in declaration.sinks.items():
        for name, table in sink.tables.items():
            for place, column in table.columns():
                yield ColumnUse(("sinks", label, "tables", name, *place), (name,), column)
    for key, section in declaration.sections.items():
        if isinstance(section, Section):
            for use in section.column_uses(declaration):
                yield replace(use, path=(key, *use.path))


def _faults_of_reads(
    table: Table, path: tuple[str, ...], known: list[str], order: Mapping[str, int]
) -> Iterator[Fault]:
    for alias, name in table.from_.items():
        where = (*path, "from", alias)
        if name not in known:
            yield where, f"no table {name!r}{did_you_mean(name, known)}"
        elif order[TableName(name).layer] > order[path[1]]:
            yield where, f"{name!r} is of a later layer; data only moves forward"
    for key, parts in (("steps", table.steps), ("expect", table.expect)):
        for position, part in enumerate(parts):
            for name in part.reads():
                place: tuple[str | int, ...] = (*path, key, position, part.name)
                if name not in known:
                    yield place, f"no table {name!r}{did_you_mean(name, known)}"
                elif order[TableName(name).layer] > order[path[1]]:
                    yield place, f"{name!r} is of a later layer; data only moves forward"


def _cycles(declaration: Declaration) -> Iterator[Fault]:
    layers = list(declaration.layers)
    # A table of a later layer is reported as such.
    reads = {
        name: [read for read in table.reads().values() if not _later(read, name, layers)]
        for name in declaration.names()
        if isinstance(table := declaration.table(name), Table)
    }
    done: set[str] = set()

    for name in reads:
        for cycle in _cycles_from(name, reads, done):
            yield ("tables", *cycle[0].split("."), "from"), f"a cycle: {' → '.join(cycle)}"


def _cycles_from(
    root: str, reads: Mapping[str, list[str]], done: set[str]
) -> Iterator[tuple[str, ...]]:
    """The cycles on the way from a table to all that it reads.

    An explicit trail instead of recursion: chains of tables may be long. `done` collects the tables
    that were followed to their end.
    """
    trail = {} if root in done else {root: iter(reads[root])}
    while trail:
        name, others = next(reversed(trail.items()))
        other = next(others, None)
        if other is None:
            done.add(name)
            del trail[name]
        elif other in trail:
            names = list(trail)
            yield (*names[names.index(other) :], other)
        elif other not in done:
            trail[other] = iter(reads.get(other, ()))


def _later(name: str, than: str, layers: list[str]) -> bool:
    first, second = TableName(name).layer, TableName(than).layer
    return first in layers and layers.index(first) > layers.index(second)
