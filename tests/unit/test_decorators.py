"""`@medallion.transform`: the function stays as it is, and what it declares is known."""

from __future__ import annotations

import medallion as md
from medallion.decorators import Declared, declared


def double(rows: list[int]) -> list[int]:
    return [2 * row for row in rows]


def test_without_a_decorator_the_defaults_hold() -> None:
    assert declared(double) == Declared(scope="table", grain="new")
    assert declared(len) == Declared()


def test_the_function_stays_callable() -> None:
    def triple(rows: list[int]) -> list[int]:
        return [3 * row for row in rows]

    assert md.transform(triple) is triple
    assert declared(triple) == Declared()
    assert md.transform(scope="rows", grain="same")(triple) is triple
    assert declared(triple) == Declared("rows", "same")
    assert triple([1, 2]) == [3, 6]
