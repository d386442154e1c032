"""One step on a few rows: its outcome, and a step that is not what it declares."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import pytest

from medallion.contracts import ASIDE, ROW, Grain, Inputs, RowExpectation, Scope, Transform, quote
from medallion.expectations.references import References
from medallion.testing import apply_transform, violations
from medallion.transforms.filter import FilterStep
from medallion.transforms.join import Join

if TYPE_CHECKING:
    from medallion.contracts import Relation

ROWS = [{"amount": 1}, {"amount": 5}, {"amount": 6}]


class Share(Transform):
    """The share of the total, which every other row decides."""

    name = "share"

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        return inputs.sql("select *, amount / sum(amount) over () as share from rows", rows=rows)


class First(Transform):
    """Drops all rows but the first."""

    name = "first"
    only_removes = True

    def set_aside(self, rows: Relation, inputs: Inputs) -> Relation:
        return inputs.sql(
            f"select {ROW}, 'dropped' as fate, 'first' as rule, null::varchar as column, "
            f"null::varchar as value from rows where {ROW} > (select min({ROW}) from rows)",
            rows=rows,
        )

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        return rows


class BelowMean(RowExpectation):
    """Amounts below their mean."""

    name = "below_mean"
    scope: ClassVar[Scope] = "rows"

    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        return inputs.sql(
            f"select {ROW}, 'amount' as column, amount::varchar as value from rows "
            "where amount > (select avg(amount) from rows)",
            rows=rows,
        )


@pytest.mark.parametrize("transform", [Share(), First()])
def test_a_transform_with_a_wrong_scope(transform: Transform) -> None:
    with pytest.raises(AssertionError, match="has scope 'rows', but a row depends on other rows"):
        apply_transform(transform, ROWS)


def test_an_expectation_with_a_wrong_scope() -> None:
    with pytest.raises(AssertionError, match="below_mean has scope 'rows'"):
        violations(BelowMean(), ROWS)


class BelowMeanOfTable(BelowMean):
    scope: ClassVar[Scope] = "table"


def test_the_same_expectation_with_the_right_scope() -> None:
    assert violations(BelowMeanOfTable(), ROWS) == [(1, "amount", "5"), (2, "amount", "6")]


def test_an_outcome_has_rows_types_and_what_was_set_aside() -> None:
    rows = pa.table(
        {
            "price": pa.array([Decimal("1.50"), Decimal("2.00"), None], pa.decimal128(5, 2)),
            "day": [date(2024, 1, 31)] * 3,
        }
    )
    outcome = apply_transform(FilterStep(where="price > 1.5"), rows)
    assert outcome.rows == [{"price": Decimal("2.00"), "day": date(2024, 1, 31)}]
    assert outcome.types == {"price": "decimal(5,2)", "day": "date"}
    assert [aside[:2] for aside in outcome.set_aside] == [(0, "dropped"), (2, "dropped")]


def test_other_tables_are_read_by_name() -> None:
    others = [{"id": 2, "name": "two"}]
    join = Join.model_validate({"with": "others", "on": "id", "how": "left"})
    outcome = apply_transform(join, [{"id": 1}, {"id": 2}], others=others)
    assert outcome.rows == [{"id": 1, "name": None}, {"id": 2, "name": "two"}]
    known = References.model_validate({"targets": {"id": "silver.others.id"}})
    assert violations(known, [{"id": 1}, {"id": 2}], **{"silver.others": others}) == [
        (0, "id", "1")
    ]


class Contradicting(First):
    """A step whose `judge` keeps every row."""

    scope: ClassVar[Scope] = "table"

    def judge(self, rows: Relation, inputs: Inputs) -> Relation:
        return rows.project(f"*, null::varchar as {ASIDE}")


def test_a_judgement_that_differs_from_the_step_is_found() -> None:
    with pytest.raises(AssertionError):
        apply_transform(Contradicting(), ROWS)


class OfTable(First):
    """The same step, as what it is."""

    scope: ClassVar[Scope] = "table"


def test_the_same_transform_with_the_right_scope() -> None:
    outcome = apply_transform(OfTable(), ROWS)
    assert outcome.rows == [{"amount": 1}]
    assert outcome.set_aside == [
        (1, "dropped", "first", None, None),
        (2, "dropped", "first", None, None),
    ]


class Total(Transform):
    """The sum and the number of the amounts."""

    name = "total"
    scope: ClassVar[Scope] = "table"
    grain: ClassVar[Grain] = "new"

    combined: str = "cast(sum(total) as bigint) as total, cast(sum(n) as bigint) as n"

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        return rows.aggregate("cast(sum(amount) as bigint) as total, count(amount) as n")

    def partial(self, rows: Relation, inputs: Inputs) -> Relation:
        return self.apply(rows, inputs)

    def combine(self, partials: Relation, inputs: Inputs) -> Relation:
        return partials.aggregate(self.combined)


def test_partial_results_that_combine() -> None:
    assert apply_transform(Total(), ROWS).rows == [{"total": 12, "n": 3}]
    assert apply_transform(Total(), [{"amount": 1}]).rows == [{"total": 1, "n": 1}]


@pytest.mark.parametrize(
    ("combined", "fault"),
    [
        ("cast(sum(total) as bigint) as total, count(n) as n", "other rows than `apply`"),
        ("sum(total) as total, cast(sum(n) as bigint) as n", "other columns than `apply`"),
    ],
)
def test_partial_results_that_do_not_combine(combined: str, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        apply_transform(Total(combined=combined), ROWS)


class FirstOfEach(Transform):
    """Removes all rows but the first of each value, and claims that another column is its key."""

    name = "first_of_each"
    scope: ClassVar[Scope] = "key"
    only_removes: ClassVar[bool] = True

    value: str
    claimed: str

    def key(self) -> tuple[str, ...]:
        return (self.claimed,)

    def set_aside(self, rows: Relation, inputs: Inputs) -> Relation:
        return inputs.sql(
            f"select _row, 'dropped' as fate, 'later' as rule, null as column, null as value "
            f"from rows qualify row_number() over (partition by {quote(self.value)} order by _row) > 1",
            rows=rows,
        )

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        return rows


class Lonely(RowExpectation):
    """Values that no other row has, for a rule that claims that a column is its key."""

    name = "lonely"
    scope: ClassVar[Scope] = "key"

    value: str
    claimed: str

    def key(self) -> tuple[str, ...]:
        return (self.claimed,)

    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        return inputs.sql(
            f"select _row, 'x' as column, 'x' as value from rows "
            f"qualify count(*) over (partition by {quote(self.value)}) = 1",
            rows=rows,
        )


PAIRS = [{"a": 2, "b": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 3, "b": 3}]


def test_keys_are_treated_alone() -> None:
    outcome = apply_transform(FirstOfEach(value="a", claimed="a"), PAIRS)
    assert [row[0] for row in outcome.set_aside] == [2]
    assert violations(Lonely(value="a", claimed="a"), PAIRS) == [(0, "x", "x"), (3, "x", "x")]


def test_a_wrong_key_is_reported() -> None:
    message = "has scope 'key', but a row depends on rows of other keys"
    with pytest.raises(AssertionError, match=f"first_of_each {message}"):
        apply_transform(FirstOfEach(value="b", claimed="a"), PAIRS)
    with pytest.raises(AssertionError, match=f"lonely {message}"):
        violations(Lonely(value="b", claimed="a"), PAIRS)
