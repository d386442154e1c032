"""Tables that are proposed for sources, from the values that bronze reads from them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.errors import SourceError
from medallion.pipeline import Pipeline
from medallion.proposal.column_types import propose_type
from medallion.proposal.column_values import ColumnValues
from medallion.proposal.extended_json import text_within
from medallion.proposal.proposed_sources import (
    ProposedSource,
    Source,
    SourceFinder,
    SourceFormat,
)
from medallion.proposal.readable import run_readable
from medallion.proposal.rules import (
    Key,
    ProposedColumn,
    Rule,
    foreign_keys_of,
    key_of,
    primary_key_of,
    references_of,
    rules_of,
    without_cycles,
)
from medallion.proposal.table_names import table_name
from medallion.records.quality import quality_of
from medallion.sql.expressions import public
from medallion.sql.relations import quote

if TYPE_CHECKING:
    from medallion.contracts import Relation


@dataclass(frozen=True)
class ProposedTable:
    """A table of one source: its columns, its key with the share of unique rows, its rules.

    `format` is empty if the files' suffix says how to read them. `unreadable` counts the records
    that could not be read. `is_sample` is True if the source has more records than were read.
    """

    name: str
    source: Source
    format: SourceFormat
    rows: int
    unreadable: int
    columns: tuple[ProposedColumn, ...]
    key: Key | None
    rules: tuple[Rule, ...]
    is_sample: bool = False


def propose_tables(sources: Sequence[str], folder: Path) -> tuple[ProposedTable, ...]:
    """Read all records of sources, which are relative to a folder, and propose a table for each.

    Raises SourceError when one has no columns, CallError for an unclear URL, and what a run raises.
    """
    with tempfile.TemporaryDirectory(prefix="medallion-") as scratch:
        finder = SourceFinder(folder, Path(scratch))
        found = _names(proposed for source in sources for proposed in finder.find(source))
        read = {name: proposed.source for name, proposed in found.items()}
        known = {name: proposed.format for name, proposed in found.items() if proposed.format}
        pipeline, run, found_formats = run_readable(finder, read, known)
        quality = {step.table: quality_of(step) for step in run.steps}
        columns = {name: _columns(pipeline, name, each) for name, each in found.items()}
    keys = {name: _key(name, found[name], columns[name]) for name in found}
    references = without_cycles(_references(found, columns, keys))
    return tuple(
        ProposedTable(
            name,
            proposed.declared,
            found_formats.get(name, {}),
            quality[f"bronze.{name}"].kept,
            quality[f"bronze.{name}"].quarantined,
            columns[name],
            keys[name],
            (*rules_of(columns[name]), *references[name]),
            proposed.is_sample,
        )
        for name, proposed in found.items()
    )


def _key(name: str, proposed: ProposedSource, columns: Sequence[ProposedColumn]) -> Key | None:
    known = proposed.table.key if proposed.table else ()
    return primary_key_of(known, columns) if known else key_of(name, columns)


def _references(
    found: Mapping[str, ProposedSource],
    columns: Mapping[str, Sequence[ProposedColumn]],
    keys: Mapping[str, Key | None],
) -> dict[str, list[Rule]]:
    """The references of each table: the foreign keys of a database, or those that names show."""
    values = {name: {each.name: each.values for each in columns[name]} for name in found}
    key_values = {
        name: values[name][key[0]] for name, key in keys.items() if key and isinstance(key[0], str)
    }
    named = {(each.database, each.table.name): name for name, each in found.items() if each.table}
    references = {}
    for name, proposed in found.items():
        if proposed.table is None or proposed.format:  # no database that declares foreign keys
            known = proposed.table.key if proposed.table else ()
            others = [each for each in columns[name] if each.name not in known]
            references[name] = list(references_of(name, others, key_values))
            continue
        targets = {
            column: (named[proposed.database, other], referred)
            for column, (other, referred) in proposed.table.references.items()
            if (proposed.database, other) in named
            and referred in values[named[proposed.database, other]]
        }
        references[name] = list(foreign_keys_of(values[name], targets, values))
    return references


def _columns(pipeline: Pipeline, name: str, proposed: ProposedSource) -> tuple[ProposedColumn, ...]:
    rows = pipeline.lake.table(f"bronze.{name}").scan()
    if not public(rows):
        label = proposed.declared if isinstance(proposed.declared, str) else proposed.subject
        raise SourceError(f"{label}: it has no columns", hint="choose one with records")
    return tuple(_column(rows, name) for name in public(rows))


def _column(rows: Relation, name: str) -> ProposedColumn:
    """A column, or the texts within its objects of extended JSON."""
    derivation = text_within(rows, name)
    if derivation:
        rows = rows.project(f"{derivation} as {quote(name)}")
    values = ColumnValues(rows, name)
    return ProposedColumn(values, propose_type(values), derivation)


def _names(found: Iterable[ProposedSource]) -> dict[str, ProposedSource]:
    """Sources by the names of their tables."""
    names: dict[str, ProposedSource] = {}
    for proposed in found:
        name = first = table_name(proposed.subject)
        number = 1
        while name in names:
            number += 1
            name = f"{first}_{number}"
        names[name] = proposed
    return names
