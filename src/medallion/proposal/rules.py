"""The key of a table and the rules that nearly all of its rows meet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medallion.proposal.column_types import TypeProposal
from medallion.proposal.column_values import VALUE, ColumnValues, Share
from medallion.sql.expressions import NUMBERS

NEARLY_ALL = 0.99
MOST = 0.95
CATEGORIES = 12  # the most values of a column of categories
REPEATED = 10  # how often each of them occurs on average, or more

_KEY = re.compile(r"(^|_)(id|key|code|number|no|nr|uuid|guid|sku|isbn|iban)$")
Key = tuple[str | tuple[str, ...], Share]  # a column or several, and the rows with unique values

_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"


@dataclass(frozen=True)
class ProposedColumn:
    """A column with its values and its proposed type; None when its type is to stay.

    `derivation` is the SQL that takes the values out of the column, if they are not it.
    """

    values: ColumnValues
    type: TypeProposal | None
    derivation: str = ""

    @property
    def name(self) -> str:
        return self.values.name

    @property
    def kind(self) -> str:
        """`text`, `number`, `boolean` or `moment`, after the cast; other types are `other`."""
        if self.type is None:
            kind = self.values.type.id
            known = {"varchar": "text", "boolean": "boolean", "date": "moment"}
            moment = "moment" if kind.startswith("timestamp") else "other"
            return "number" if kind in NUMBERS else known.get(kind, moment)
        target = self.type.target
        if not isinstance(target, str) and "type" not in target:
            return "moment"
        return target if target in ("boolean", "text") else "number"


@dataclass(frozen=True)
class Rule:
    """An expectation by name, for one column, and the share of values that meet it."""

    kind: str
    column: str
    setting: Any
    share: Share


def primary_key_of(names: tuple[str, ...], columns: Sequence[ProposedColumn]) -> Key | None:
    """The primary key that a database declares, whose values are unique there.

    None for objects, such as an `_id` of several fields, which no store has as a key.
    """
    values = {each.name: each.values for each in columns}
    if any(values[name].is_nested for name in names):
        return None
    if len(names) == 1:
        return names[0], values[names[0]].once()
    rows = values[names[0]].rows
    return names, Share(rows, rows)


def key_of(table: str, columns: Sequence[ProposedColumn]) -> tuple[str, Share] | None:
    """The column that identifies the rows, and the share of rows whose value no other row has."""
    candidates = [
        (not _is_of(table, each.name), -share.fraction, place, each.name, share)
        for place, each in enumerate(columns)
        if _KEY.search(_snake(each.name)) and _identifies(each, share := each.values.once())
    ]
    if not candidates:
        return None
    *_, name, share = min(candidates, key=lambda each: each[:3])
    return name, share


def rules_of(columns: Sequence[ProposedColumn]) -> Iterator[Rule]:
    """The rules for the values of columns."""
    for each in columns:
        values = each.values
        filled = Share(values.meant, values.rows)
        if values.rows and filled.fraction >= NEARLY_ALL:
            yield Rule("not_null", each.name, None, filled)
        is_number = each.kind == "number" and not _KEY.search(_snake(each.name))
        if is_number and (rule := _not_negative(each)):
            yield rule
        if each.kind == "text":
            yield from _of_text(values)


def references_of(
    table: str, columns: Sequence[ProposedColumn], keys: Mapping[str, ColumnValues]
) -> Iterator[Rule]:
    """The rules by which columns refer to the keys of other tables."""
    for each in columns:
        for other, key in keys.items():
            same = _snake(each.name) in (_snake(key.name), f"{_singular(other)}_{_snake(key.name)}")
            if other == table or not same or not each.values.meant:
                continue
            share = each.values.within(key)
            if share.fraction >= MOST:
                yield Rule("references", each.name, f"silver.{other}.{key.name}", share)
                break


def foreign_keys_of(
    columns: Mapping[str, ColumnValues],
    targets: Mapping[str, tuple[str, str]],
    tables: Mapping[str, Mapping[str, ColumnValues]],
) -> Iterator[Rule]:
    """The rules for foreign keys that a database declares: by column, a table and its column."""
    for column, (other, referred) in targets.items():
        share = columns[column].within(tables[other][referred])
        yield Rule("references", column, f"silver.{other}.{referred}", share)


def without_cycles(references: Mapping[str, Sequence[Rule]]) -> dict[str, list[Rule]]:
    """The references by table, but those by which tables would depend on themselves."""
    kept: dict[str, list[Rule]] = {table: [] for table in references}
    targets: dict[str, set[str]] = {table: set() for table in references}
    for table, rules in references.items():
        for rule in rules:
            other = rule.setting.split(".")[1]
            if table not in _reached(other, targets):
                targets[table].add(other)
                kept[table].append(rule)
    return kept


def _reached(table: str, targets: Mapping[str, set[str]]) -> set[str]:
    """The table, and all that it depends on."""
    found, left = set(), [table]
    while left:
        if (each := left.pop()) not in found:
            found.add(each)
            left += targets[each]
    return found


def _identifies(column: ProposedColumn, share: Share) -> bool:
    if column.values.is_nested:
        return False
    filled = Share(column.values.meant, column.values.rows)
    return min(share.fraction, filled.fraction) >= MOST and share.total > 0


def _is_of(table: str, column: str) -> bool:
    """Whether a column is named as the key of its table: `id`, or `order_id` of `orders`."""
    name = _snake(column)
    return name in ("id", "key", "code") or name.startswith(_singular(table) + "_")


def _singular(table: str) -> str:
    for ending, single in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if table.endswith(ending):
            return table.removesuffix(ending) + single
    return table


def _snake(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"\W+", "_", words).strip("_").lower()


def _not_negative(column: ProposedColumn) -> Rule | None:
    if column.type is not None and not isinstance(column.type.target, str):
        return None  # a notation of its own
    number = f"try_cast(cast({VALUE} as varchar) as double)"
    share = column.values.share(f"coalesce({number} >= 0, true)")
    if not column.values.count(f"{number} >= 0") or share.fraction < NEARLY_ALL:
        return None
    return Rule("between", column.name, [0, None], share)


def _of_text(values: ColumnValues) -> Iterator[Rule]:
    email = values.share(f"regexp_full_match(cast({VALUE} as varchar), '{_EMAIL}')")
    if email.total and email.fraction >= MOST:
        yield Rule("matches", values.name, _EMAIL, email)
    frequent = [
        value
        for value, times in values.most_frequent(CATEGORIES + 1)
        if times > 1 and times >= values.meant / 1000
    ]
    if not 1 < len(frequent) <= CATEGORIES or values.meant < REPEATED * len(frequent):
        return
    listed = ", ".join("'" + value.replace("'", "''") + "'" for value in frequent)
    share = values.share(f"cast({VALUE} as varchar) in ({listed})")
    if share.fraction >= NEARLY_ALL:
        yield Rule("one_of", values.name, sorted(frequent), share)
