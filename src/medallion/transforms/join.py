"""`join`: add columns of another table by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from medallion.contracts import (
    ASIDE,
    MAIN,
    ROW,
    Columns,
    Grain,
    Inputs,
    StepOrigins,
    Transform,
    literal,
    quote,
    require,
)
from medallion.errors import StepError
from medallion.sql.column_origins import passed_on
from medallion.sql.duckdb_types import types_of
from medallion.sql.expressions import Names, columns_sql, explained, new_names, public
from medallion.sql.mixed_types import comparable
from medallion.sql.row_matching import recognised

if TYPE_CHECKING:
    from medallion.contracts import Relation


def _pairs(value: object) -> object:
    names = [value] if isinstance(value, str) else value
    return {name: name for name in names} if isinstance(names, list | tuple) else names


Pairs = Annotated[
    dict[str, str], BeforeValidator(_pairs, json_schema_input_type=str | list[str] | dict[str, str])
]


class Join(Transform):
    """Adds columns of another table to each row by equal keys.

    - `with`: the other table: an alias of the table's `from`, or a full name such as
      `silver.clients`.
    - `on`: the key: a column, several, or a mapping of this table's column → the other's. NULL
      matches nothing; numbers of two types match if they are exactly the same number.
    - `how`: `left` (default) keeps every row, `inner` those with a match; `semi` and `anti` only
      keep rows with, or without, a match and add nothing. Other rows are dropped and counted.
    - `columns`: the columns to add; by default all but the key.
    - `many`: whether a row may match several rows of the other table, and is then repeated.
      Otherwise the other table's keys must be unique.

    ```yaml
    - join: {with: silver.clients, on: client_id, columns: [country]}
    - join: {with: rates, on: {currency: code}, how: inner}
    ```

    Raises StepError when a column is missing or would occur twice, the types of keys do not
    compare, or a key of the other table is not unique.
    """

    name: ClassVar[str] = "join"

    with_: str = Field(alias="with")
    on: Pairs = Field(min_length=1)
    how: Literal["left", "inner", "semi", "anti"] = "left"
    columns: Names | None = None
    many: bool = False

    @property
    def grain(self) -> Grain:  # type: ignore[override]
        """ "new" when rows may multiply."""
        return "new" if self.many else "same"

    @model_validator(mode="after")
    def _adds(self) -> Join:
        if self.how in ("semi", "anti") and (self.columns is not None or self.many):
            raise ValueError(f"a {self.how} join adds nothing; leave `columns` and `many` out")
        return self

    def reads(self) -> tuple[str, ...]:
        return (self.with_,) if "." in self.with_ else ()

    def set_aside(self, rows: Relation, inputs: Inputs) -> Relation | None:
        """Rows without a match, or with one when `how` is `anti`."""
        if self.how == "left":
            return None
        other = self._other(rows, inputs)
        kind = "semi" if self.how == "anti" else "anti"
        value = (
            f"concat_ws(', ', {columns_sql(self.on, 'l')})"
            if len(self.on) > 1
            else f"l.{quote(next(iter(self.on)))}"
        )
        return inputs.sql(
            f"select l.{ROW}, 'dropped' as fate, {literal(f'join {self.with_}')} as rule, "
            f"{literal(', '.join(self.on))} as column, cast({value} as varchar) as value "
            f"from l {kind} join r on {self._match(rows, other)}",
            l=rows,
            r=other,
        )

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        if rows is None or self.how in ("semi", "anti"):
            return rows
        if self.columns is not None:
            return (*rows, *self.columns)
        other = others.get(self.with_)
        return (
            None
            if other is None
            else (*rows, *(name for name in other if name not in self.on.values()))
        )

    def column_origins(
        self, rows: tuple[str, ...], others: Mapping[str, Columns]
    ) -> StepOrigins | None:
        keys = [(MAIN, name) for name in self.on]
        keys += [(self.with_, name) for name in self.on.values()]
        names = self.result_columns(rows, others)
        if names is None:
            return None
        added = [name for name in names if name not in rows]
        return StepOrigins({**passed_on(rows), **passed_on(added, self.with_)}, tuple(keys))

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        other = self._other(rows, inputs)
        match = self._match(rows, other)
        if self.how in ("semi", "anti"):
            return rows  # the others were set aside
        added = self._added(rows, other)
        if not self.many:
            self._refuse_repeated(other, inputs)
        left = f"l.* exclude ({ROW})" if self.many else "l.*"
        listed = ", ".join([left, *(f"r.{quote(name)}" for name in added)])
        order = f"order by l.{ROW}, r.{ROW}" if self.many else ""
        return inputs.sql(
            f"select {listed} from l {self.how} join r on {match} {order}", l=rows, r=other
        )

    def trace(self, result: Relation, rows: Relation, inputs: Inputs) -> Mapping[str, Relation]:
        other = self._other(rows, inputs)
        match = self._match(rows, other)
        if self.how in ("semi", "anti"):
            return {}
        if not self.many:
            query = f"select distinct r.{ROW} from l join r on {match}"
            return {self.with_: inputs.sql(query, l=result, r=other)}
        added = columns_sql(self._added(rows, other), "r")
        columns = ", ".join(["l.*", f"r.{ROW} as {ASIDE}", *filter(None, [added])])
        query = f"select {columns} from l {self.how} join r on {match}"
        pairs = {name: name for name in public(result)}
        joined = recognised(inputs.sql(query, l=rows, r=other), result, pairs, inputs)
        others = joined.filter(f"{ASIDE} is not null").project(f"{ASIDE} as {ROW}")
        return {MAIN: joined.project(ROW), self.with_: others}

    def _match(self, rows: Relation, other: Relation) -> str:
        left_types, right_types = types_of(rows), types_of(other)
        pairs = (
            comparable(
                f"the key {left!r}",
                (f"l.{quote(left)}", ("here", left_types[left])),
                (f"r.{quote(right)}", (f"in {self.with_}", right_types[right])),
            )
            for left, right in self.on.items()
        )
        return " and ".join(f"{left} = {right}" for left, right in pairs)

    def _other(self, rows: Relation, inputs: Inputs) -> Relation:
        other = inputs[self.with_]
        require(rows, *self.on)
        try:
            require(other, *self.on.values(), *(self.columns or ()))
        except StepError as error:
            raise StepError(f"{self.with_}: {error.message}", hint=error.hint) from error
        return other

    def _added(self, rows: Relation, other: Relation) -> list[str]:
        """The columns that the other table adds."""
        added = list(self.columns if self.columns is not None else ())
        if self.columns is None:
            added = [name for name in public(other) if name not in self.on.values()]
        try:
            new_names(added, taken=public(rows))
        except ValueError as error:
            hint = "list the `columns` to add, or `rename` one of the two first"
            raise StepError(f"join with {self.with_}: {error}", hint=hint) from error
        return added

    def _refuse_repeated(self, other: Relation, inputs: Inputs) -> None:
        keys = columns_sql(self.on.values())
        known = " and ".join(f"{quote(name)} is not null" for name in self.on.values())
        query = (
            f"select {keys} from r where {known} group by {keys} "
            "having count(*) > 1 order by all limit 1"
        )
        with explained(f"join with {self.with_}"):
            duplicate_keys = inputs.sql(query, r=other).fetchall()
        if duplicate_keys:
            value = ", ".join(map(str, duplicate_keys[0]))
            raise StepError(
                f"{self.with_} has several rows with {', '.join(self.on.values())} = {value!r}",
                hint="deduplicate it first, or write `many: true` if rows are meant to multiply",
            )
