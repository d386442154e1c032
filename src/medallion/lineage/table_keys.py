"""The columns that identify the rows of a table, as its declaration implies them."""

from __future__ import annotations

from medallion.contracts import Expectation
from medallion.declaration.models import Declaration, Table
from medallion.identifiers import TableName


def table_key(declaration: Declaration, name: str) -> tuple[str, ...]:
    """The key of a table, or () when none is known. The first of these that there is:

    the `key` that a sink declares for it; the columns of its expectation `unique`; the key of its
    last step that makes or leaves one row of each key, such as `aggregate` or `deduplicate`, unless
    a later step makes other rows; the key of the table that its rows come from, unless a step makes
    other rows.
    """
    plain = TableName(name).table
    if name in declaration.served():
        for sink in declaration.sinks.values():
            if plain in sink.tables and sink.tables[plain].key:
                return sink.tables[plain].key
    try:
        table = declaration.table(name)
    except KeyError:  # it was removed from the declaration
        return ()
    if not isinstance(table, Table):
        return ()
    return _unique_columns(table.expect) or _key_of_steps(declaration, table)


def _unique_columns(rules: tuple[Expectation, ...]) -> tuple[str, ...]:
    for rule in rules:
        if rule.name == "unique" and rule.on_fail != "warn":
            return tuple(rule.model_dump()["columns"])
    return ()


def _key_of_steps(declaration: Declaration, table: Table) -> tuple[str, ...]:
    for step in reversed(table.steps):
        if key := step.result_key():
            return key
        if step.grain == "new":
            return ()
    return table_key(declaration, table.main)
