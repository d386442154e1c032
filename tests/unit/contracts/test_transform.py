"""What a transform is unless its class says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import duckdb
import pytest

from medallion.contracts import Inputs, Transform

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Doubled(Transform):
    name: ClassVar[str] = "doubled"
    factor: int = 2

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        return rows.project(f"* replace (n * {self.factor} as n)")


class Keeping(Doubled):
    name: ClassVar[str] = "keeping"
    keeps_columns: ClassVar[bool] = True


class Removing(Doubled):
    name: ClassVar[str] = "removing"
    only_removes: ClassVar[bool] = True


def test_each_row_is_computed_alone_and_comes_out_once() -> None:
    assert (Doubled.scope, Doubled.grain) == ("rows", "same")
    assert (Doubled.threaded, Doubled.only_removes, Doubled.keeps_columns) == (True, False, False)
    assert (Doubled().key(), Doubled().reads()) == ((), ())


def test_columns_are_unknown_unless_they_are_kept() -> None:
    assert Doubled().result_columns(("a", "b"), {}) is None
    assert Keeping().result_columns(("a", "b"), {}) == ("a", "b")
    assert Keeping().result_columns(None, {}) is None


def test_all_columns_may_change_unless_rows_are_only_removed() -> None:
    assert Doubled().changes(("a", "b")) == ("a", "b")
    assert Keeping().changes(("a", "b")) == ("a", "b")
    assert Removing().changes(("a", "b")) == ()


def test_no_row_is_set_aside_or_judged() -> None:
    with duckdb.connect() as connection:
        rows, inputs = connection.sql("select 1 as n"), Inputs(connection)
        assert Doubled().set_aside(rows, inputs) is None
        assert Doubled().judge(rows, inputs) is None
        assert Doubled(factor=3).apply(rows, inputs).fetchall() == [(3,)]


def test_its_fields_are_part_of_its_fingerprint() -> None:
    assert Doubled(factor=3).identity() == {
        "plugin": "doubled",
        "version": 1,
        "fields": {"factor": 3},
    }


def test_a_transform_needs_its_method() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Transform()  # type: ignore[abstract]
