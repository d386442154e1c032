"""`@medallion.transform`: marks a Python function as a step, and declares how it can be applied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, overload

from medallion.contracts import Grain

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__medallion_transform__"


@dataclass(frozen=True)
class Declared:
    """What a function's decorator declares."""

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
    """Mark a function as a step of a pipeline; the function stays callable and testable.

    `scope="rows"` promises that each row is transformed alone, so that an engine may call the
    function with parts of the table. `grain="same"` promises that every row is returned once: the
    frame then has the columns `_row` and `_origin`, which must be returned, and rows can be traced
    to their source.

        @medallion.transform(scope="rows")
        def with_vat(purchases: pandas.DataFrame, rate: float = 0.2) -> pandas.DataFrame:
            return purchases.assign(vat=purchases["amount"] * rate)
    """

    def mark(function: F) -> F:
        setattr(function, _MARK, Declared(scope, grain))
        return function

    return mark if function is None else mark(function)


def declared(function: Callable[..., Any]) -> Declared:
    """What the function's decorator declares, or the defaults when it has none."""
    mark = getattr(function, _MARK, None)
    return mark if isinstance(mark, Declared) else Declared()
