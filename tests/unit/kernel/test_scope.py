"""A transform or expectation that declares scope "rows", and looks at other rows, is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from medallion.contracts import ROW, Inputs, RowExpectation, Scope, Transform
from medallion.testing import apply_transform, violations

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
