"""What the filters of a page let one choose from, by what the tables of its release hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from medallion.errors import CallError
from medallion.query.column_types import Kind
from medallion_panel.data.queries import Figures
from medallion_panel.section import FilterField, PageSettings
from medallion_panel.ui.formats import identifying

_CHOICES = 300  # values, of a column whose filter is not declared
_DECLARED = 2000  # of one that is declared as a choice
_RANGED = ("integer", "decimal", "float", "date", "timestamp")


@dataclass(frozen=True)
class Offer:
    """What a filter lets one choose: some of the `values`, what lies between `bounds`, or, without either, a search;
    `exact`, numbers to be entered. `remark` says in words why it is another one than declared."""

    field: FilterField
    kind: Kind
    values: Sequence[Any] | None = None
    bounds: tuple[Any, Any] | None = None
    exact: bool = False
    remark: str = ""

    @property
    def form(self) -> tuple[str, str]:
        """What decides which filter it needs: the same one shows any other offer of this form."""
        way = "values" if self.values is not None else "search" if self.bounds is None else "bounds"
        way = "numbers" if self.exact else way
        return self.field.column, f"{way} of {self.kind}"


def offers_of(page: PageSettings, figures: Figures) -> tuple[list[Offer], list[str]]:
    """What the filters of a page offer, by what its tables hold; and of those that cannot be, in words, why."""
    tables = list(
        dict.fromkeys(
            block.content.table for block in page.blocks if hasattr(block.content, "table")
        )
    )
    offers, notices = [], []
    for field in page.filters:
        try:
            offers.append(offer := _offer(field, tables, figures))
            notices += [offer.remark] if offer.remark else []
        except CallError as error:
            notices.append(f"This page is not filtered by {field.column!r}: {error.message}.")
    return offers, notices


def _offer(field: FilterField, tables: Sequence[str], figures: Figures) -> Offer:
    table = next((name for name in tables if field.column in figures.kinds(name)), None)
    if table is None:
        raise CallError("no table of it has such a column")
    kind = figures.kinds(table)[field.column]
    identifies = kind.name == "integer" and (
        identifying(field.column) or field.column in figures.served(table).key
    )
    form = field.as_ or ("choice" if identifies or kind.name not in _RANGED else "range")
    if (form == "range" and kind.name not in _RANGED) or (form == "search" and kind.name != "text"):
        raise CallError(f"a {form} is not for a {kind.name}")
    remark = ""
    if form == "choice":
        most = _DECLARED if field.as_ else _CHOICES
        values = figures.values(table, field.column, most + 1)
        if len(values) <= most:
            return Offer(field, kind, values=values)
        if identifies and not field.as_:
            return Offer(field, kind, exact=True)
        form = "search" if kind.name == "text" else "range"
        if field.as_:
            remark = f"{field.column!r} has more than {most:,} values to choose from: it is filtered by a {form}."
    if form == "search":
        return Offer(field, kind, remark=remark)
    bounds = figures.bounds(table, field.column)
    return (
        Offer(field, kind, values=())
        if bounds[0] is None
        else Offer(field, kind, bounds=bounds, remark=remark)
    )
