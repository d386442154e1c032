"""`@medallion.transform`: marks a Python function as a step, and says how its work may be spread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, overload

from medallion.contracts import Grain

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__medallion_transform__"


@dataclass(frozen=True)
class Declared:
    """What a function's decorator says of it."""

    scope: Literal["rows", "table"] = "table"
    grain: Grain = "new"


@overload
def transform(function: F, /) -> F: ...
@overload
def transform(
    *, scope: Literal["rows", "table"] = "table", grain: Grain = "new"
) -> Callable[[F], F]: ...
def transform(
    function: Callable[..., Any] | None = None,
    /,
    *,
    scope: Literal["rows", "table"] = "table",
    grain: Grain = "new",
) -> Any:
    """Marks a function as a step of a pipeline; the function itself stays as it is, callable and testable.

    `scope="rows"` promises that each row is treated alone, so that an engine may call it on parts of the table.
    `grain="same"` promises that every row comes out once: the frame then has the columns `_row` and `_origin`,
    which must come back, and rows can be traced to their source.

        @medallion.transform(scope="rows")
        def with_vat(purchases: pandas.DataFrame, rate: float = 0.2) -> pandas.DataFrame:
            return purchases.assign(vat=purchases["amount"] * rate)
    """

    def mark(function: F) -> F:
        setattr(function, _MARK, Declared(scope, grain))
        return function

    return mark if function is None else mark(function)


def declared(function: Callable[..., Any]) -> Declared:
    """What the function's decorator says, or the defaults when it has none."""
    found = getattr(function, _MARK, None)
    return found if isinstance(found, Declared) else Declared()
