"""One table of a database file: which one is read, and its rows as those of a pulled table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import Parsed
from medallion.errors import SourceError, did_you_mean
from medallion.formats.typed_csv import TypedCsv
from medallion.storage.local import storage_errors

if TYPE_CHECKING:
    from medallion.contracts import Connection

_LISTED = 10  # names of tables in a message


def declared_table(names: Mapping[str, bool], table: str, name: str) -> str:
    """The name of the declared table or view, or of the only one.

    `names` says of each whether it is a view. Raises SourceError when there is none of that name,
    or several to choose from.
    """
    if not names:
        raise SourceError(f"{name}: has no tables", hint="remove it from `source`")
    if table:
        same = [each for each in names if each.casefold() == table.casefold()]
        if table in names or len(same) == 1:
            return table if table in names else same[0]
        raise SourceError(
            f"{name}: has no table {table!r}{did_you_mean(table, names)}", hint="correct `table`"
        )
    tables = [each for each, view in names.items() if not view] or list(names)
    if len(tables) > 1:
        more = len(tables) - _LISTED
        listed = ", ".join(sorted(tables)[:_LISTED]) + (f" and {more:,} more" if more > 0 else "")
        raise SourceError(
            f"{name}: has {len(tables):,} tables: {listed}", hint="declare `table`, one of them"
        )
    return tables[0]


def parse_pulled(
    blocks: Iterable[bytes], name: str, target: Path, connection: Connection
) -> Parsed:
    """Write the rows of a `typed_csv` file, given by its blocks."""
    copy = target.with_name(f"{target.name}.pulled")
    with storage_errors(copy):
        copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        with storage_errors(copy), copy.open("wb") as file:
            for block in blocks:
                file.write(block)
        parsed = TypedCsv().parse(copy, name, target, connection)
    finally:
        copy.unlink(missing_ok=True)
    return parsed if parsed.rows else replace(parsed, warnings=("has no rows",))
