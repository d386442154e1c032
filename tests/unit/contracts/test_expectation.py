"""What an expectation is unless its class or its declaration says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest
from pydantic import ValidationError

from medallion.contracts import Expectation, Inputs, RowExpectation, TableExpectation, Tally

if TYPE_CHECKING:
    from medallion.contracts import Relation


class AtMost(TableExpectation):
    name: ClassVar[str] = "at_most"
    rows: int

    def verdict(self, tally: Tally) -> str | None:
        return (
            None if tally.rows_out <= self.rows else f"{tally.rows_out} rows, more than {self.rows}"
        )


class Even(RowExpectation):
    name: ClassVar[str] = "even"

    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        return rows.filter("n % 2 = 1").project("_row, 'n' as column, n::varchar as value")


def test_a_failure_fails_the_run_unless_declared_otherwise() -> None:
    assert (AtMost(rows=1).on_fail, AtMost(rows=1, on_fail="warn").on_fail) == ("fail", "warn")
    with pytest.raises(ValidationError, match="'warn', 'drop', 'quarantine' or 'fail'"):
        AtMost.model_validate({"rows": 1, "on_fail": "ignore"})


def test_a_rule_is_called_by_its_name() -> None:
    assert Even().rule == "even"


def test_a_rule_on_rows_gets_all_rows_unless_it_judges_each_alone() -> None:
    assert Even.scope == "table"


def test_a_verdict_names_the_figure_and_the_bound() -> None:
    tally = Tally(label="", rows_in=5, kept=5, rows_out=3)
    assert AtMost(rows=3).verdict(tally) is None
    assert AtMost(rows=2).verdict(tally) == "3 rows, more than 2"


def test_on_fail_is_part_of_its_fingerprint() -> None:
    assert Even().identity() == {"plugin": "even", "version": 1, "fields": {"on_fail": "fail"}}
    assert Even(on_fail="drop").identity() != Even().identity()


@pytest.mark.parametrize("base", [RowExpectation, TableExpectation])
def test_a_rule_needs_its_method(base: type[Expectation]) -> None:
    with pytest.raises(TypeError, match="abstract"):
        base()
