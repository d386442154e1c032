"""Tables that are proposed for source files, from the values that bronze reads from them."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from medallion.errors import SourceError
from medallion.pipeline import Pipeline
from medallion.proposal.column_types import propose_type
from medallion.proposal.column_values import ColumnValues, Share
from medallion.proposal.rules import ProposedColumn, Rule, key_of, references_of, rules_of
from medallion.records.quality import quality_of
from medallion.sql.expressions import public

LONGEST = 60  # characters of a table's name


@dataclass(frozen=True)
class ProposedTable:
    """A table of one source: its columns, its key with the share of unique rows, its rules.

    `unreadable` counts the records that its format could not read.
    """

    name: str
    source: str
    rows: int
    unreadable: int
    columns: tuple[ProposedColumn, ...]
    key: tuple[str, Share] | None
    rules: tuple[Rule, ...]


def propose_tables(sources: Sequence[str], folder: Path) -> tuple[ProposedTable, ...]:
    """Read all records of sources, which are relative to a folder, and propose a table for each.

    Raises SourceError when one has no columns, and what a run raises.
    """
    names = _names(sources)
    with tempfile.TemporaryDirectory(prefix="medallion-") as scratch:
        bronze = {name: {"source": _absolute(source, folder)} for name, source in names.items()}
        declared = {"name": "proposal", "lake": "lake", "tables": {"bronze": bronze}}
        path = Path(scratch) / "medallion.yaml"
        path.write_text(json.dumps(declared))  # to be loaded, since it may have variables
        pipeline = Pipeline.load(path)
        quality = {step.table: quality_of(step) for step in pipeline.run(progress=False).steps}
        columns = {name: _columns(pipeline, name, source) for name, source in names.items()}
    keys = {name: key_of(name, columns[name]) for name in names}
    key_values = {
        name: each.values
        for name, key in keys.items()
        for each in columns[name]
        if key and each.name == key[0]
    }
    return tuple(
        ProposedTable(
            name,
            source,
            quality[f"bronze.{name}"].kept,
            quality[f"bronze.{name}"].quarantined,
            columns[name],
            keys[name],
            (*rules_of(columns[name]), *references_of(name, columns[name], key_values)),
        )
        for name, source in names.items()
    )


def relative_source(source: str, folder: Path) -> str:
    """A source that is written relative to the working directory, relative to a folder."""
    if _is_url(source):
        return source
    path, top = Path(source).absolute(), folder.absolute()
    return (path.relative_to(top) if path.is_relative_to(top) else path).as_posix()


def table_name(text: str) -> str:
    """A text as the name of a table or pipeline: lower case, letters, digits and `_`."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower()[:LONGEST]
    return name if re.match("[a-z]", name) else f"table_{name}".rstrip("_")


def _is_url(source: str) -> bool:
    return re.match(r"[a-z][a-z0-9+.-]+:", source, re.IGNORECASE) is not None


def _absolute(source: str, folder: Path) -> str:
    return source if _is_url(source) else (folder.absolute() / source).as_posix()


def _columns(pipeline: Pipeline, name: str, source: str) -> tuple[ProposedColumn, ...]:
    rows = pipeline.lake.table(f"bronze.{name}").scan()
    if not public(rows):
        raise SourceError(f"{source}: it has no columns", hint="choose a file with records")
    values = (ColumnValues(rows, column) for column in public(rows))
    return tuple(ProposedColumn(each, propose_type(each)) for each in values)


def _names(sources: Iterable[str]) -> dict[str, str]:
    """Sources by the names of their tables."""
    names: dict[str, str] = {}
    for source in sources:
        name = first = table_name(_subject(source))
        number = 1
        while name in names:
            number += 1
            name = f"{first}_{number}"
        names[name] = source
    return names


def _subject(source: str) -> str:
    """The word that says what a source holds: its file's name, or the folder of a pattern."""
    path = re.sub(r"^[a-z0-9+.-]+://", "", source.partition("::")[0].partition("?")[0])
    for part in reversed(PurePosixPath(path).parts):
        word = part.partition(".")[0]
        if re.search("[A-Za-z]", word) and "*" not in word:
            return word
    return "records"
