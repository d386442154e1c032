"""The columns of a bronze table: what its files have in common, and what drifted since the last release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from medallion.declaration.models import Source
from medallion.errors import SourceError
from medallion.records import Column, Snapshot, SourceFile
from medallion.run.ingest import SourceTable
from medallion.sql.common_type import (
    DATES,
    ColumnType,
    agree,
    column_type,
    common_or_text,
    common_type,
    decided,
)

_NANOSECOND_YEARS = range(1678, 2262)  # the whole years of TIMESTAMP_NS

Typed = Sequence[tuple[SourceFile, ColumnType]]


def settle(
    table: SourceTable, files: Sequence[SourceFile], before: Snapshot | None
) -> tuple[tuple[Column, ...], list[str]]:
    """The table's columns by its schema policy, and what drifted. Raises SourceError when frozen columns differ."""
    policy = table.declared.schema_policy
    _check_case(files, table.declared.columns)
    expected = _expected(table.declared, before)
    if not expected and files:
        expected = [column.name for column in (files[0].columns)]
    gone = []
    if before:
        lost = {column.name for column in before.columns} - {
            column.name for file in files for column in file.columns
        }
        gone = [f"column {name!r} is in no file any more" for name in sorted(lost)]
    typed = _by_column(files)
    if policy == "freeze":
        differences = [*(said for file in files for said in _differing(file, expected)), *gone]
        before_types = _by_source_type(before.sources) if before else {}
        differences += _changed_types(_by_source_type(files), before_types)
        if differences:
            raise SourceError(
                f"{table.name}: its columns are frozen, but " + "; ".join(differences),
                hint="correct the files, or declare the new columns, or `schema: evolve`",
            )
    types = {
        name: _text(_settled_type(table, name, columns), name, files)
        for name, columns in typed.items()
    }
    drift = [
        said for file in files for said in _differing(file, expected) or _reordered(file, expected)
    ] + gone
    drift += _type_drift(_by_source_type(files), types, before)
    names = (
        expected
        if policy == "discard"
        else [*expected, *(name for name in typed if name not in expected)]
    )
    return tuple(Column(name=name, type=types.get(name, "VARCHAR")) for name in names), drift


def _expected(declared: Source, before: Snapshot | None) -> list[str]:
    if declared.columns:
        return [*declared.columns, *(name for name in declared.add if name not in declared.columns)]
    if declared.schema_policy == "evolve" or before is None:
        return []
    return [column.name for column in before.columns]


def _check_case(files: Sequence[SourceFile], declared: Sequence[str]) -> None:
    """Raise SourceError when files write one name in several ways: no database tells such columns apart."""
    known = {name.casefold(): (name, "`columns`") for name in declared}
    for file in files:
        for column in file.columns:
            name, where = known.setdefault(column.name.casefold(), (column.name, file.name))
            if name != column.name:
                raise SourceError(
                    f"{file.name}: the column {column.name!r} is {name!r} in {where}; case does not tell names apart",
                    hint="write it one way in all files",
                )


def _differing(file: SourceFile, expected: Sequence[str]) -> list[str]:
    names = [column.name for column in file.columns]
    said = [f"{file.name}: new column {name!r}" for name in names if name not in expected]
    return said + [f"{file.name}: no column {name!r}" for name in expected if name not in names]


def _reordered(file: SourceFile, expected: Sequence[str]) -> list[str]:
    same = [column.name for column in file.columns] == list(expected)
    return [] if same else [f"{file.name}: columns in another order"]


def _by_column(files: Sequence[SourceFile]) -> dict[str, Typed]:
    columns: dict[str, list[tuple[SourceFile, ColumnType]]] = {}
    for file in files:
        for column in file.columns:
            columns.setdefault(column.name, []).append((file, column_type(column.type)))
    return dict(columns)


def _by_source_type(files: Sequence[SourceFile]) -> dict[str, Typed]:
    """The columns by name with the types that they have in their files: two may be read as the same type."""
    columns: dict[str, list[tuple[SourceFile, ColumnType]]] = {}
    for file in files:
        for column in file.columns:
            type_ = column_type(column.source_type or column.type)
            columns.setdefault(column.name, []).append((file, type_))
    return dict(columns)


def _changed_types(typed: Mapping[str, Typed], before: Mapping[str, Typed]) -> list[str]:
    """Each file whose column is of another type than before, or than in the other files."""
    changes = []
    for name, columns in typed.items():
        known = [*before.get(name, ()), *columns]
        former, usual = next((pair for pair in known if decided(pair[1]) == pair[1]), known[0])
        changes += [
            f"{file.name}: column {name!r} is {type_}, but {usual} in {former.name}"
            for file, type_ in columns
            if not agree(type_, usual)
        ]
    return changes


def _type_drift(
    typed: Mapping[str, Typed], types: Mapping[str, str], before: Snapshot | None
) -> list[str]:
    former = {column.name: column.type for column in before.columns} if before else {}
    drift = []
    for name, columns in typed.items():
        drift += [
            f"{said}; it is kept as {types[name]}" for said in _changed_types({name: columns}, {})
        ]
        if column_type(former.get(name, types[name])) != column_type(types[name]):
            drift.append(f"column {name!r} was {former[name]} and is {types[name]} now")
    return drift


def _settled_type(table: SourceTable, name: str, columns: Typed) -> ColumnType:
    """The type that holds the values of all files. Raises SourceError naming two files when there is none."""
    types = list(dict.fromkeys(type_ for _, type_ in columns))
    exact = common_type(types)
    if exact is None:
        exact = common_or_text([_bounded(table, file, name, type_) for file, type_ in columns])
    if exact is not None:
        _check_moments(table, name, columns, exact)
        return decided(exact)
    first, one = columns[0]
    other, two = next(
        (file, type_) for file, type_ in columns if common_or_text((one, type_)) is None
    )
    raise SourceError(
        f"{other.name}: the column {name!r} is {two}, but {one} in {first.name}; no type holds both as they are",
        hint="correct the files, or take them in as two tables",
    )


def _check_moments(table: SourceTable, name: str, columns: Typed, target: ColumnType) -> None:
    """Raise SourceError when a file has dates or times outside the years that the common type has."""
    for file, type_ in columns:
        pairs = list(_leaves(type_, target))
        if not any(_narrowed(leaf, wider) for leaf, wider in pairs):
            continue
        for (leaf, wider), chunks in zip(pairs, _chunks(table, file, name), strict=False):
            if _narrowed(leaf, wider) and not all(_within(chunk, wider) for chunk in chunks):
                other, two = next(pair for pair in columns if pair[1] != type_)
                raise SourceError(
                    f"{file.name}: the column {name!r} is {type_}, but {two} in {other.name}; "
                    f"dates of {file.name} are outside the years of {wider}, which both would be",
                    hint="correct the files, or take them in as two tables",
                )


def _narrowed(leaf: ColumnType, wider: ColumnType) -> bool:
    """Whether a type of dates becomes another that may have fewer years."""
    return leaf != wider and leaf.name in DATES and wider.name in DATES


def _leaves(type_: ColumnType, target: ColumnType) -> Iterator[tuple[ColumnType, ColumnType]]:
    """Each part that is no list, struct or map, in the order of Parquet's columns, and what it becomes."""
    if not (type_.nested and target.nested):
        yield from ((leaf, target) for leaf in type_.leaves())
        return
    items = dict(target.items)
    for name, item in type_.items:
        yield from _leaves(item, items[name])


def _within(chunk: Any, target: ColumnType) -> bool:
    """Whether the dates or times of a part of a file are among those that a type has."""
    found = chunk.statistics
    if found is None or not found.has_min_max:
        return found is not None and found.null_count == chunk.num_values
    try:
        years = [bound.year for bound in (found.min, found.max)]
    except (OverflowError, ValueError):  # not of Python's years
        return False
    return target.name != "TIMESTAMP_NS" or all(year in _NANOSECOND_YEARS for year in years)


def _text(type_: ColumnType, name: str, files: Sequence[SourceFile]) -> str:
    """The type as DuckDB wrote it of some file, so that a type is never written in two ways."""
    columns = (column for file in files for column in file.columns if column.name == name)
    return next(
        (column.type for column in columns if column_type(column.type) == type_), str(type_)
    )


def _bounded(table: SourceTable, file: SourceFile, name: str, type_: ColumnType) -> ColumnType:
    """The type with how many digits the whole numbers of this file really have, by the statistics of its records."""
    leaves = iter(_chunks(table, file, name))

    def bounded(leaf: ColumnType) -> ColumnType:
        chunks = next(leaves, None)
        if chunks is None or leaf.name in ("FLOAT", "DOUBLE") or not leaf.number:
            return leaf
        return replace(leaf, digits=_digits([chunk.statistics for chunk in chunks]))

    return type_.map_leaves(bounded)


def _chunks(table: SourceTable, file: SourceFile, name: str) -> list[list[Any]]:
    """What Parquet knows of each leaf of a column of this file's records, one row group after the other."""
    import pyarrow.parquet as pq

    columns = {column.name: column_type(column.type) for column in file.columns}
    first = sum(
        len(other.leaves()) for other in list(columns.values())[: list(columns).index(name)]
    )
    metadata = pq.read_metadata(table.storage.local(file.records))
    if metadata.num_columns != sum(len(other.leaves()) for other in columns.values()):
        return []
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    return [
        [group.column(place) for group in groups]
        for place in range(first, first + len(columns[name].leaves()))
    ]


def _digits(statistics: Sequence[Any]) -> int | None:
    """The most digits before the point that values within these bounds have; None when they do not say."""
    digits = 0
    for found in statistics:
        if found is None or not found.has_min_max:
            return None
        for bound in (found.min, found.max):
            if not isinstance(bound, int | Decimal):
                return None
            digits = max(digits, len(str(abs(int(bound)))))
    return digits
