"""`history`: the versions of each key over time, a slowly changing dimension of type 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, model_validator

from medallion.contracts import (
    MAIN,
    ORIGIN,
    ROW,
    Columns,
    Grain,
    Inputs,
    Scope,
    StepOrigins,
    Transform,
    literal,
    quote,
    require,
)
from medallion.errors import StepError
from medallion.sql.column_origins import made_of, passed_on
from medallion.sql.duckdb_types import type_of
from medallion.sql.expressions import Names, SomeNames, columns_sql, new_names, public
from medallion.sql.row_matching import of_keys

if TYPE_CHECKING:
    from medallion.contracts import Relation

FROM, TO, CURRENT = "valid_from", "valid_to", "is_current"


class History(Transform):
    """Makes one row for each version of a key, with the time it was valid (SCD type 2).

    - `key`: the columns that identify what has a history.
    - `at`: the column that says when a row was true: the date of its extract, or of its change.
    - `columns`: a change of one of these columns begins a version; by default, of all others. The
      values of the other columns are those of the row that begins the version.
    - `whole: true`: the rows of one time are a whole extract. A key that the next extract lacks was
      deleted then; if it returns, a new version begins. An extract without rows is not noticed.
    - `deleted`: a boolean column; a row in which it is true says that its key was deleted, as in a
      log of changes. Such a row ends a version and begins none.

    The result has `valid_from` in place of `at`, `valid_to` (exclusive; NULL while the version is
    valid) and `is_current`, but not the column `deleted`. Every run reads all rows in the order of
    `at`: a file that comes late, is corrected or is retracted changes the history as if it had been
    so from the beginning.

    Rows without a key or time are quarantined. Of several rows with one key and time, the last is
    used, in the order of their files; the others are counted as duplicates.

    ```yaml
    - history: {key: client_id, at: extracted_on, whole: true}
    - history: {key: client_id, at: changed_at, columns: [name, city], deleted: is_deleted}
    ```

    Raises StepError when a column is missing, the rows already have one of the new columns, or
    `deleted` is not boolean.
    """

    name: ClassVar[str] = "history"
    grain: ClassVar[Grain] = "new"

    key_columns: SomeNames = Field(alias="key")
    at: str
    columns: Names = ()
    whole: bool = False
    deleted: str | None = None

    @model_validator(mode="after")
    def _distinct(self) -> History:
        new_names([*self._placing(), *self.columns])
        return self

    @property
    def scope(self) -> Scope:  # type: ignore[override]
        """All rows of a key; of whole extracts all rows, since others say when there was one."""
        return "table" if self.whole else "key"

    def key(self) -> tuple[str, ...]:
        return self.key_columns

    def result_key(self) -> tuple[str, ...]:
        return (*self.key_columns, FROM)

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        if rows is None:
            return None
        versions = {self.at: (FROM, TO, CURRENT)}
        names = (name for name in rows if name != self.deleted)
        return tuple(made for name in names for made in versions.get(name, (name,)))

    def column_origins(self, rows: tuple[str, ...], others: Mapping[str, Columns]) -> StepOrigins:
        read = (*self.key_columns, self.at, *self._compared(rows), *filter(None, [self.deleted]))
        origins = passed_on(name for name in rows if name not in (self.at, self.deleted))
        origins[FROM] = made_of(f"the first {self.at} of a version", read)
        origins[TO] = made_of(f"the first {self.at} after a version", read)
        origins[CURRENT] = made_of(f"no {self.at} after a version", read)
        return StepOrigins(origins)

    def set_aside(self, rows: Relation, inputs: Inputs) -> Relation:
        """Rows without a key or time, and all but the last of those with the same."""
        self._check(rows)
        placing = (*self.key_columns, self.at)
        unplaced = " or ".join(f"{quote(name)} is null" for name in placing)
        column = " ".join(f"when {quote(name)} is null then {literal(name)}" for name in placing)
        same = " and ".join(
            f"{quote(name)} is not distinct from last_value({quote(name)}) over same_time"
            for name in public(rows)
        )
        value = ", ".join(f"cast({quote(name)} as varchar)" for name in placing)
        query = f"""
            select {ROW}, 'quarantined' as fate, 'history' as rule,
                case {column} end as column, null::varchar as value
            from rows where {unplaced}
            union all
            select {ROW}, 'deduplicated' as fate,
                case when {same} then 'exact duplicate' else 'conflicting duplicate' end as rule,
                {literal(", ".join(placing))} as column, concat_ws(', ', {value}) as value
            from rows where not ({unplaced})
            window same_time as (
                partition by {columns_sql(placing)} order by {ROW}
                rows between unbounded preceding and unbounded following
            )
            qualify {ROW} <> last_value({ROW}) over same_time"""
        return inputs.sql(query, rows=rows)

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        self._check(rows)
        key, at = columns_sql(self.key_columns), quote(self.at)
        extract = f", dense_rank() over (order by {at}) as _extract" if self.whole else ""
        query = f"""
            with placed as (select *, {self._deleted()} as _deleted {extract} from rows),
            compared as (
                select *, {self._begins(rows)} as _begins
                from placed window by_time as (partition by {key} order by {at})
            ), versions as ({self._whole(key, at) if self.whole else self._changes(key, at)})
            select {self._selected(rows)} from versions where not _deleted
            order by {key}, {FROM}"""
        return inputs.sql(query, rows=rows)

    def trace_key(self, rows: Relation, inputs: Inputs) -> tuple[str, ...]:
        return (*self.key_columns, FROM, TO)

    def trace(self, result: Relation, rows: Relation, inputs: Inputs) -> Mapping[str, Relation]:
        """The rows of the key within the time of the version."""
        same_key = of_keys(rows, result, self.key_columns, inputs)
        pairs = " and ".join(f"r.{quote(name)} = o.{quote(name)}" for name in self.key_columns)
        at = f"r.{quote(self.at)}"
        query = f"""select r.{ROW} from r semi join o
            on {pairs} and {at} >= o.{FROM} and (o.{TO} is null or {at} < o.{TO})"""
        return {MAIN: inputs.sql(query, r=same_key, o=result)}

    def _check(self, rows: Relation) -> None:
        require(rows, *self._placing(), *self.columns)
        try:
            new_names((FROM, TO, CURRENT), taken=set(public(rows)) - {self.at})
        except ValueError as error:
            raise StepError(str(error), hint="rename or drop this column before") from error
        if self.deleted is not None and type_of(rows, self.deleted).name != "boolean":
            raise StepError(
                f"{self.deleted!r} is {type_of(rows, self.deleted)}, not boolean",
                hint=f"derive a condition before, such as `{self.deleted} = 'D'`",
            )

    def _placing(self) -> tuple[str, ...]:
        return (*self.key_columns, self.at, *filter(None, [self.deleted]))

    def _compared(self, names: Sequence[str]) -> tuple[str, ...]:
        """The columns whose changes begin a version."""
        return self.columns or tuple(name for name in names if name not in self._placing())

    def _deleted(self) -> str:
        return "false" if self.deleted is None else f"coalesce({quote(self.deleted)}, false)"

    def _begins(self, rows: Relation) -> str:
        """SQL that is true for a row that is not as the row of its key before it."""
        names = [*map(quote, self._compared(public(rows))), "_deleted"]
        tests = [f"{name} is distinct from lag({name}) over by_time" for name in names]
        if self.whole:
            tests.append("_extract <> 1 + lag(_extract) over by_time")
        return f"lag({ROW}) over by_time is null or {' or '.join(tests)}"

    def _changes(self, key: str, at: str) -> str:
        """SQL of the versions where a row is true until the next of its key."""
        return f"""
            select *, lead({at}) over (partition by {key} order by {at}) as {TO}
            from compared where _begins"""

    def _whole(self, key: str, at: str) -> str:
        """SQL of the versions where a row is true until the next extract."""
        return f"""
            select numbered.*, extracts._time as {TO}
            from (
                select *, max(_extract) over (partition by {key}, _version) as _last from (
                    select *, count(*) filter (where _begins) over (
                        partition by {key} order by {at}
                    ) as _version from compared
                )
            ) as numbered
            left join (select distinct _extract as _next, {at} as _time from placed) as extracts
            on extracts._next = numbered._last + 1
            where _begins"""

    def _selected(self, rows: Relation) -> str:
        versions = f"{quote(self.at)} as {FROM}, {TO}, {TO} is null as {CURRENT}"
        names = [name for name in public(rows) if name != self.deleted]
        columns = [versions if name == self.at else quote(name) for name in names]
        return ", ".join([*columns, *([ORIGIN] if ORIGIN in rows.columns else [])])
