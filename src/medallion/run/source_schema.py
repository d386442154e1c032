"""Schema of a bronze table: the columns that its files share, and drift since the last release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from medallion.declaration.models import Source
from medallion.errors import SourceError
from medallion.records import Column, Snapshot, SourceFile
from medallion.records.column_type import FLOATS, ColumnType, agree, column_type, decided
from medallion.run.record_statistics import chunks_of, own_chunks_of
from medallion.run.source_matches import SourceTable
from medallion.sql.common_type import DATES, common_or_text, common_type

_NANOSECOND_YEARS = range(1678, 2262)  # the whole years of timestamp(ns)

Typed = Sequence[tuple[SourceFile, ColumnType]]


def settle(
    table: SourceTable, files: Sequence[SourceFile], before: Snapshot | None
) -> tuple[tuple[Column, ...], list[str]]:
    """The table's columns by its schema policy, and a line for each drift.

    Raises SourceError when `schema: freeze` is declared and columns differ, when names differ only
    in case, when no type can hold the values of a column, or when there are no files and nothing
    else says which columns the table has.
    """
    files = [file for file in files if file.columns]  # the others cannot be read
    if not files and not table.declared.columns:
        return _columns_before(table, before), []
    policy = table.declared.schema_policy
    _check_case(files, table.declared.columns)
    expected = _expected(table.declared, before)
    if not expected and files:
        expected = [column.name for column in files[0].columns]
    missing = []
    if before:
        lost = {column.name for column in before.columns} - {
            column.name for file in files for column in file.columns
        }
        missing = [f"column {name!r} is no longer in any file" for name in sorted(lost)]
    typed = _by_column(files)
    if policy == "freeze":
        differences = [*(said for file in files for said in _differing(file, expected)), *missing]
        before_types = _by_source_type(before.sources) if before else {}
        differences += _changed_types(_by_source_type(files), before_types)
        if differences:
            raise SourceError(
                f"{table.name}: its columns are frozen, but " + "; ".join(differences),
                hint="correct the files, or declare the new columns, or `schema: evolve`",
            )
    types = {name: str(_settled_type(table, name, columns)) for name, columns in typed.items()}
    drift = [
        said for file in files for said in _differing(file, expected) or _reordered(file, expected)
    ] + missing
    drift += _columns_of_some_parts(table, files)
    drift += _type_drift(_by_source_type(files), types, before)
    names = (
        expected
        if policy == "discard"
        else [*expected, *(name for name in typed if name not in expected)]
    )
    return tuple(Column(name=name, type=types.get(name, "text")) for name in names), drift


def _columns_before(table: SourceTable, before: Snapshot | None) -> tuple[Column, ...]:
    """The columns of the last release, for a source that has no records now."""
    if before is None:
        raise SourceError(
            f"{table.name}: {table.declared.shown} has no records that can be read, "
            "so its columns are not known",
            hint="declare `columns`, or run again when there are some",
        )
    return before.columns


def _expected(declared: Source, before: Snapshot | None) -> list[str]:
    if declared.columns:
        return [*declared.columns, *(name for name in declared.add if name not in declared.columns)]
    if declared.schema_policy == "evolve" or before is None:
        return []
    return [column.name for column in before.columns]


def _check_case(files: Sequence[SourceFile], declared: Sequence[str]) -> None:
    """Raise SourceError when names differ only in case: databases do not distinguish them."""
    known = {name.casefold(): (name, "`columns`") for name in declared}
    for file in files:
        for column in file.columns:
            name, where = known.setdefault(column.name.casefold(), (column.name, file.name))
            if name != column.name:
                raise SourceError(
                    f"{file.name}: the column {column.name!r} is {name!r} in {where}; "
                    "names must differ in more than case",
                    hint="write the name the same way in all files, or declare "
                    f"`aliases: {{{name}: {column.name}}}`",
                )


def _differing(file: SourceFile, expected: Sequence[str]) -> list[str]:
    names = [column.name for column in file.columns]
    differences = [f"{file.name}: new column {name!r}" for name in names if name not in expected]
    return differences + [
        f"{file.name}: no column {name!r}" for name in expected if name not in names
    ]


def _reordered(file: SourceFile, expected: Sequence[str]) -> list[str]:
    same = [column.name for column in file.columns] == list(expected)
    return [] if same else [f"{file.name}: columns in another order"]


def _columns_of_some_parts(table: SourceTable, files: Sequence[SourceFile]) -> list[str]:
    """What to do about a database table whose columns changed after parts of it were pulled."""
    source = table.declared.pulled
    if source is None or source.pulled_format != "typed_csv" or len(files) < 2:
        return []
    parts = [{column.name for column in file.columns} for file in files]
    partial = sorted(set().union(*parts) - parts[0].intersection(*parts))
    return [
        f"column {name!r} is null in rows that were pulled without it; "
        f"to pull all again: medallion run --refresh {table.name}"
        for name in partial
    ]


def _by_column(files: Sequence[SourceFile]) -> dict[str, Typed]:
    columns: dict[str, list[tuple[SourceFile, ColumnType]]] = {}
    for file in files:
        for column in file.columns:
            columns.setdefault(column.name, []).append((file, column_type(column.type)))
    return dict(columns)


def _by_source_type(files: Sequence[SourceFile]) -> dict[str, Typed]:
    """The columns by name, with their types in the files: two may be read as one type."""
    columns: dict[str, list[tuple[SourceFile, ColumnType]]] = {}
    for file in files:
        for column in file.columns:
            type_ = column_type(column.source_type or column.type)
            columns.setdefault(column.name, []).append((file, type_))
    return dict(columns)


def _changed_types(typed: Mapping[str, Typed], before: Mapping[str, Typed]) -> list[str]:
    """Each file whose column has another type than before, or than in the other files."""
    changes = []
    for name, columns in typed.items():
        known = [*before.get(name, ()), *columns]
        former, usual = next((pair for pair in known if decided(pair[1]) == pair[1]), known[0])
        if all(agree(type_, usual) for type_ in {type_ for _, type_ in columns}):
            continue
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
        if former.get(name, types[name]) != types[name]:
            drift.append(f"column {name!r} was {former[name]} and is {types[name]} now")
    return drift


def _settled_type(table: SourceTable, name: str, columns: Typed) -> ColumnType:
    """The type that holds the values of all files. Raises SourceError naming two files."""
    types = list(dict.fromkeys(type_ for _, type_ in columns))
    exact = common_type(types)
    if exact is None:
        # Files that share their records have one type, and the digits of the largest number.
        apart = {(file.records, type_): file for file, type_ in reversed(columns)}
        exact = common_or_text(
            [_bounded(table, file, name, type_) for (_, type_), file in reversed(apart.items())]
        )
    if exact is not None:
        _check_moments(table, name, columns, exact)
        return decided(exact)
    first, one = columns[0]
    other, two = next(
        (file, type_) for file, type_ in columns if common_or_text((one, type_)) is None
    )
    raise SourceError(
        f"{other.name}: the column {name!r} is {two}, but {one} in {first.name}; "
        "no type holds both exactly",
        hint="correct the files, or declare them as two tables",
    )


def _check_moments(table: SourceTable, name: str, columns: Typed, target: ColumnType) -> None:
    """Raise SourceError when a file has dates outside the years of the common type."""
    leaves = {type_: list(_leaves(type_, target)) for type_ in {type_ for _, type_ in columns}}
    narrowed = {
        type_: pairs
        for type_, pairs in leaves.items()
        if any(_narrowed(leaf, wider) for leaf, wider in pairs)
    }
    fitting = dict[str, bool]()  # by the path of records, which files may share
    for file, type_ in columns if narrowed else ():
        pairs = narrowed.get(type_, [])
        if pairs and file.records not in fitting:
            fitting[file.records] = _fit(pairs, chunks_of(table, file, name))
        if not pairs or fitting[file.records] or _fit(pairs, own_chunks_of(table, file, name)):
            continue
        other, two = next(pair for pair in columns if pair[1] != type_)
        raise SourceError(
            f"{file.name}: the column {name!r} is {type_}, but {two} in {other.name}; "
            f"dates of {file.name} are outside the years of {target}, their common type",
            hint="correct the files, or declare them as two tables",
        )


def _fit(pairs: Sequence[tuple[ColumnType, ColumnType]], leaves: Sequence[Sequence[Any]]) -> bool:
    """Whether the dates of each leaf of a column, by its chunks, fit into the common type."""
    return not any(
        _narrowed(leaf, wider) and not all(_within(chunk, wider) for chunk in chunks)
        for (leaf, wider), chunks in zip(pairs, leaves, strict=False)
    )


def _narrowed(leaf: ColumnType, wider: ColumnType) -> bool:
    """Whether a type of dates becomes another one that may have fewer years."""
    return leaf != wider and leaf.name in DATES and wider.name in DATES


def _leaves(type_: ColumnType, target: ColumnType) -> Iterator[tuple[ColumnType, ColumnType]]:
    """Each part that is not nested, in the order of Parquet's columns, and its common type."""
    if not (type_.nested and target.nested):
        yield from ((leaf, target) for leaf in type_.leaves())
        return
    items = dict(target.items)
    for name, item in type_.items:
        yield from _leaves(item, items[name])


def _within(chunk: Any, target: ColumnType) -> bool:
    """Whether the dates or times of a column chunk, by its statistics, fit into a type."""
    statistics = chunk.statistics
    if statistics is None or not statistics.has_min_max:
        return statistics is not None and statistics.null_count == chunk.num_values
    try:
        years = [bound.year for bound in (statistics.min, statistics.max)]
    except (OverflowError, ValueError):  # Python has no such years
        return False
    return target.name != "timestamp(ns)" or all(year in _NANOSECOND_YEARS for year in years)


def _bounded(table: SourceTable, file: SourceFile, name: str, type_: ColumnType) -> ColumnType:
    """The type with the number of digits that this file's integers have, by its statistics."""
    leaves = iter(chunks_of(table, file, name))

    def bounded(leaf: ColumnType) -> ColumnType:
        chunks = next(leaves, None)
        if chunks is None or leaf.name in FLOATS or not leaf.number:
            return leaf
        return replace(leaf, digits=_digits([chunk.statistics for chunk in chunks]))

    return type_.map_leaves(bounded)


def _digits(statistics: Sequence[Any]) -> int | None:
    """The most digits before the point of values within these bounds; None when unknown."""
    digits = 0
    for item in statistics:
        if item is None or not item.has_min_max:
            return None
        for bound in (item.min, item.max):
            if not isinstance(bound, int | Decimal):
                return None
            digits = max(digits, len(str(abs(int(bound)))))
    return digits
