"""Gates: rules on whole tables that decide whether a run may publish what it computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from medallion.contracts import (
    ORIGIN,
    Expectation,
    Input,
    ReleaseExpectation,
    TableExpectation,
    TableFigures,
    quote,
)
from medallion.declaration.models import Table
from medallion.errors import StepError
from medallion.kernel.duckdb_errors import at
from medallion.lake.quarantine import rejected_records
from medallion.lake.table import LakeTable
from medallion.records import Release, Snapshot, Tally
from medallion.run.context import RunContext
from medallion.sql.expressions import NUMBERS, require_numbers
from medallion.sql.row_ids import file_of, table_of

SHOWN = 3  # names of files in a complaint


@dataclass(frozen=True)
class Complaint:
    """What a rule says of a table; `fails` unless it only warns."""

    table: str
    said: str
    fails: bool = True

    def __str__(self) -> str:
        return f"{self.table}: {self.said}"


def table_gates(
    tables: Mapping[str, Snapshot], current: Mapping[str, Snapshot]
) -> Iterator[Complaint]:
    """The gates that new snapshots did not pass, except those that the current ones did not either.

    Such a release was published by hand, and what was accepted then has not changed.
    """
    for name, snapshot in tables.items():
        accepted = current[name].failed if name in current else ()
        yield from (Complaint(name, said) for said in snapshot.failed if said not in accepted)


def change_gates(
    context: RunContext, release: Release, current: Release | None
) -> Iterator[Complaint]:
    """The complaints of rules that compare the tables of a release with those of the current one.

    Raises StepError when a table lacks a column that is compared, or it is not a number.
    """
    if current is None:
        return
    for name, snapshot in release.tables.items():
        former, table = current.tables.get(name), context.declaration.table(name)
        rules = table.expect if isinstance(table, Table) else ()
        if former is None or former.fingerprint == snapshot.fingerprint:
            continue  # equal fingerprints mean equal rows, also of a file that was lost
        for position, rule in enumerate(rules):
            if isinstance(rule, ReleaseExpectation):
                before, after = (_lake_table(context, name, each) for each in (current, release))
                columns = rule.summed_columns()
                with at(name, "expect", position, rule.name):
                    latter = _figures(after, columns, strict=True)
                    said = rule.change_verdict(_figures(before, columns, strict=False), latter)
                if said is not None:
                    yield Complaint(name, f"{rule.rule}: {said}", rule.on_fail == "fail")


def file_complaints(
    rules: Sequence[Expectation], main: Input, sources: Sequence[Input], rejects: Sequence[Path]
) -> Iterator[tuple[TableExpectation, str]]:
    """What rules say of source files, single ones or all together.

    Parameters: `sources` are the bronze tables that the rows come from, and `main` is the table
    whose rows the steps apply to: the records of a bronze table that could not be read count, too.
    Raises StepError when these rows are not records of source files.
    """
    judging = [rule for rule in rules if isinstance(rule, TableExpectation)]
    counting = [rule for rule in judging if rule.counts_files]
    judging = [rule for rule in judging if rule.judges_files]
    if not judging and not counting:
        return
    if not main.snapshot.sources and not main.snapshot.identified:
        raise StepError(
            f"{(judging or counting)[0].rule}: the rows of {main.snapshot.table} are not records "
            "of source files",
            hint="leave `per: file` or `of: files` out, or give the rule to a table before its "
            "rows are combined",
        )
    yield from _unreadable_complaints(counting, sources)
    if not judging:
        return
    counts = rejected_records(rejects) if rejects else {}
    arrived = {} if main.snapshot.sources else _rows_by_file(main, sources)
    for file in (file for source in sources for file in source.snapshot.sources):
        unread = file.quarantined if main.snapshot.sources else 0
        rows = file.rows if main.snapshot.sources else arrived.get(file.name, 0)
        bad = min(counts.get(file.name, 0) + unread, rows)
        tally = Tally(
            label=file.name, rows_in=rows, kept=rows - bad, quarantined=bad, rows_out=rows - bad
        )
        for rule in judging:
            if (said := rule.file_verdict(tally)) is not None:
                yield rule, f"{rule.rule}: {file.name}: {said}"


def _unreadable_complaints(
    rules: Sequence[TableExpectation], sources: Sequence[Input]
) -> Iterator[tuple[TableExpectation, str]]:
    """What rules say of the number of source files that could not be read at all."""
    files = [file for source in sources for file in source.snapshot.sources]
    unread = [file.name for file in files if file.unreadable]
    kept = len(files) - len(unread)
    tally = Tally(
        label="files", rows_in=len(files), kept=kept, quarantined=len(unread), rows_out=kept
    )
    more = [f"{len(unread) - SHOWN:,} more"] if len(unread) > SHOWN else []
    for rule in rules:
        if (said := rule.files_verdict(tally)) is not None:
            yield rule, f"{rule.rule}: {said}: {', '.join(unread[:SHOWN] + more)}"


def _rows_by_file(main: Input, sources: Sequence[Input]) -> dict[str, int]:
    """The number of rows of a table from each source file, by the file's name."""
    import duckdb

    files = {
        (origin.number, number): file.name
        for origin, source in zip(main.snapshot.origins, sources, strict=True)
        for number, file in enumerate(source.snapshot.sources)
    }
    with duckdb.connect() as connection:
        rows = main.layer.read(main.storage, main.snapshot, connection)
        origin = f"{table_of(ORIGIN)} as source, {file_of(ORIGIN)} as file"
        counts = rows.aggregate(f"{origin}, count(*)").fetchall()
    return {files[source, file]: count for source, file, count in counts}


def _lake_table(context: RunContext, name: str, release: Release) -> LakeTable:
    return LakeTable(context.lake.input(release.tables[name], release), release)


def _figures(table: LakeTable, columns: Sequence[str], *, strict: bool) -> TableFigures:
    """The rows of a table and the sums of its columns.

    Without `strict`, a column that does not exist, or not a number, has no sum. Raises StepError.
    """
    if not columns:
        return TableFigures(len(table), {})
    rows = table.scan()
    types = dict(zip(rows.columns, rows.types, strict=True))
    numbers = {name for name, kind in types.items() if kind.id in NUMBERS}
    if strict:
        require_numbers(rows, *columns)
    known = [name for name in columns if name in numbers]
    sums: dict[str, Decimal | float | None] = dict.fromkeys(columns)
    if known:
        values = rows.aggregate(", ".join(f"coalesce(sum({quote(name)}), 0)" for name in known))
        sums |= dict(zip(known, values.fetchall()[0], strict=True))
    return TableFigures(len(table), sums)
