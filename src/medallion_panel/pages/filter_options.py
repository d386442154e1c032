"""The options of a page's filters, by the data of its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from medallion.errors import CallError
from medallion.query.column_types import Kind
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.messages.messages import Messages
from medallion_panel.section import FilterField, PageSettings
from medallion_panel.ui.formats import identifying

_MAX_CHOICES = 300  # values of a column to choose from
_MAX_DECLARED_CHOICES = 2000  # with `as: choice` in the declaration
_ORDERED_KINDS = ("integer", "decimal", "float", "date", "timestamp")


@dataclass(frozen=True)
class FilterOptions:
    """The options of one filter.

    It is a choice among `values`, a range within `bounds`, or a search without either; with `exact`
    the visitor enters numbers. `remark` says why it is not the filter that was declared.
    """

    field: FilterField
    kind: Kind
    values: Sequence[Any] | None = None
    bounds: tuple[Any, Any] | None = None
    exact: bool = False
    remark: str = ""

    @property
    def form(self) -> tuple[str, str]:
        """(column, kind of filter): a filter can take over any other options of the same form."""
        if self.exact:
            form = "numbers"
        elif self.values is not None:
            form = "values"
        else:
            form = "search" if self.bounds is None else "bounds"
        return self.field.column, f"{form}, {self.kind}"


def filter_options(
    page: PageSettings, store: CachedStore, say: Messages
) -> tuple[list[FilterOptions], list[str]]:
    """The options of a page's filters, and notices on those that are not possible as declared."""
    contents = [block.content for block in page.all_blocks]
    tables = list(dict.fromkeys(each.table for each in contents if hasattr(each, "table")))
    all_options, notices = [], []
    for field in page.filters:
        try:
            options = _options(field, tables, store, say)
            all_options.append(options)
            notices += [options.remark] if options.remark else []
        except CallError as error:
            message = "This page is not filtered by {column}: {reason}."
            notices.append(say(message, column=repr(field.column), reason=error.message))
    return all_options, notices


def _options(
    field: FilterField, tables: Sequence[str], store: CachedStore, say: Messages
) -> FilterOptions:
    """The options of one filter. Raises CallError when its column does not exist or suit it."""
    table = next((name for name in tables if field.column in store.kinds(name)), None)
    if table is None:
        raise CallError(say("none of its tables has this column"))
    kind = store.kinds(table)[field.column]
    identifies = kind.name == "integer" and (
        identifying(field.column) or field.column in store.served(table).key
    )
    form = field.as_ or ("choice" if identifies or kind.name not in _ORDERED_KINDS else "range")
    if (form == "range" and kind.name not in _ORDERED_KINDS) or (
        form == "search" and kind.name != "text"
    ):
        message = "a column of kind {kind} cannot have a {form} filter"
        raise CallError(say(message, kind=kind.name, form=form))
    remark = ""
    if form == "choice":
        most = _MAX_DECLARED_CHOICES if field.as_ else _MAX_CHOICES
        values = store.values(table, field.column, most + 1)
        if len(values) <= most:
            return FilterOptions(field, kind, values=values)
        if identifies and not field.as_:
            return FilterOptions(field, kind, exact=True)
        form = "search" if kind.name == "text" else "range"
        if field.as_:
            message = "{column} has more than {most} values: it is filtered by a {form}."
            remark = say(message, column=repr(field.column), most=most, form=form)
    if form == "search":
        return FilterOptions(field, kind, remark=remark)
    bounds = store.bounds(table, field.column)
    if bounds[0] is None:
        return FilterOptions(field, kind, values=())
    return FilterOptions(field, kind, bounds=bounds, remark=remark)
