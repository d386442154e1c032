"""The filters of a page: a widget for each column, its part of the address, and what it asks of the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import panel_material_ui as pmui

from medallion.contracts import Filter
from medallion.errors import CallError
from medallion.kinds import Kind, coerce
from medallion_panel.figures import Figures
from medallion_panel.formats import Formats
from medallion_panel.section import FilterField, Page

_CHOICES = 300


class PageFilter:
    """One filter. `texts` are its values in an address, empty when it lets everything through."""

    def __init__(self, field: FilterField, label: str, changed: Callable[[], None]) -> None:
        self.column, self.label, self._changed = field.column, label, changed
        self._quiet = False
        self.widget: Any = None

    def watch(self, parameter: str) -> None:
        self.widget.param.watch(lambda _: None if self._quiet else self._changed(), parameter)

    def set(self, texts: Sequence[str]) -> None:
        """Take over what an address says. Raises CallError on a value it cannot have."""
        self._quiet = True
        try:
            self.assign(texts)
        finally:
            self._quiet = False

    def assign(self, texts: Sequence[str]) -> None:
        raise NotImplementedError

    def texts(self) -> list[str]:
        raise NotImplementedError

    def conditions(self) -> list[Filter]:
        raise NotImplementedError


class Choice(PageFilter):
    """Some of the values of a column."""

    def __init__(self, field: FilterField, label: str, changed: Callable[[], None], values: Sequence[Any]) -> None:
        super().__init__(field, label, changed)
        self._values = {str(value): value for value in values}
        self.widget = pmui.MultiChoice(
            label=label,
            options=list(self._values),
            value=[],
            visual_size="small",
            sizing_mode="stretch_width",
            margin=0,
        )
        self.watch("value")

    def assign(self, texts: Sequence[str]) -> None:
        unknown = [text for text in texts if text not in self._values]
        self.widget.value = [text for text in texts if text in self._values]
        if unknown:
            raise CallError(f"{self.label} is never {', '.join(map(repr, unknown))}")

    def texts(self) -> list[str]:
        return list(self.widget.value)

    def conditions(self) -> list[Filter]:
        chosen = [self._values[text] for text in self.widget.value]
        return [Filter(self.column, "in", tuple(chosen))] if chosen else []


class Search(PageFilter):
    """Rows whose text holds a word."""

    def __init__(self, field: FilterField, label: str, changed: Callable[[], None]) -> None:
        super().__init__(field, label, changed)
        self.widget = pmui.TextInput(label=f"{label} contains", size="small", sizing_mode="stretch_width", margin=0)
        self.watch("value")

    def assign(self, texts: Sequence[str]) -> None:
        self.widget.value = texts[0] if texts else ""

    def texts(self) -> list[str]:
        return [self.widget.value] if self.widget.value else []

    def conditions(self) -> list[Filter]:
        return [Filter(self.column, "contains", self.widget.value)] if self.widget.value else []


class Range(PageFilter):
    """Rows whose number or date lies between two bounds, both included."""

    def __init__(
        self, field: FilterField, label: str, changed: Callable[[], None], kind: Kind, bounds: tuple[Any, Any]
    ) -> None:
        super().__init__(field, label, changed)
        self._kind, self._bounds = kind, bounds
        self._dates = kind.name in ("date", "timestamp")
        shared: dict[str, Any] = {"label": label, "size": "small", "sizing_mode": "stretch_width", "margin": 0}
        if self._dates:
            self._whole = tuple(value.date() if hasattr(value, "date") else value for value in bounds)
            self.widget = pmui.DateRangePicker(value=None, start=self._whole[0], end=self._whole[1], **shared)
            self.watch("value")
        else:
            step = 1 if kind.name == "integer" else 0.01
            low, high = float(bounds[0]), float(bounds[1])
            self._whole = (int(low), int(high)) if kind.name == "integer" else (low, high)
            self.widget = pmui.EditableRangeSlider(
                start=self._whole[0], end=self._whole[1], value=self._whole, step=step, **shared
            )
            self.watch("value_throttled")

    def assign(self, texts: Sequence[str]) -> None:
        self.widget.value = None if self._dates else self._whole
        if not texts:
            return
        ends = texts[0].split("..")
        if len(ends) != 2:
            raise CallError(f"{self.label} is written as 10..20, not {texts[0]!r}")
        kind = Kind("date") if self._dates else Kind("decimal")
        low, high = (
            coerce(kind, text, self.label) if text else whole for text, whole in zip(ends, self._whole, strict=True)
        )
        if low > high:
            raise CallError(f"{self.label} begins at {low} and ends before, at {high}")
        number = int if self._kind.name == "integer" else float
        self.widget.value = (low, high) if self._dates else (number(low), number(high))

    def texts(self) -> list[str]:
        value = self._chosen()
        return [f"{value[0]}..{value[1]}"] if value else []

    def conditions(self) -> list[Filter]:
        value = self._chosen()
        if not value:
            return []
        low, high = value if self._dates else (Decimal(str(value[0])), Decimal(str(value[1])))
        if self._kind.name == "integer":
            low, high = int(low), int(high)
        return [Filter(self.column, "gte", low), Filter(self.column, "lte", high)]

    def _chosen(self) -> tuple[Any, Any] | None:
        value = self.widget.value
        if not value or None in value or tuple(value) == tuple(self._whole):
            return None
        return value[0], value[1]


def page_filters(page: Page, figures: Figures, formats: Formats, changed: Callable[[], None]) -> list[PageFilter]:
    """The filters of a page, by what its tables hold. Raises CallError when no table has a column."""
    tables = list(dict.fromkeys(block.content.table for block in page.blocks if hasattr(block.content, "table")))
    return [_filter(field, tables, figures, formats, changed) for field in page.filters]


def _filter(
    field: FilterField, tables: Sequence[str], figures: Figures, formats: Formats, changed: Callable[[], None]
) -> PageFilter:
    table = next((name for name in tables if field.column in figures.kinds(name)), None)
    if table is None:
        raise CallError(f"no table of this page has a column {field.column!r} to filter by")
    kind, label = figures.kinds(table)[field.column], field.label or formats.label(field.column)
    form = field.as_ or ("range" if kind.name in _RANGED else "choice")
    if form == "choice":
        values = figures.values(table, field.column, _CHOICES + 1)
        if len(values) <= _CHOICES:
            return Choice(field, label, changed, values)
        form = "search"
    if form == "search":
        return Search(field, label, changed)
    bounds = figures.bounds(table, field.column)
    if bounds[0] is None:
        return Choice(field, label, changed, [])
    return Range(field, label, changed, kind, bounds)


_RANGED = ("integer", "decimal", "float", "date", "timestamp")


def conditions(filters: Sequence[PageFilter]) -> tuple[Filter, ...]:
    return tuple(condition for item in filters for condition in item.conditions())


def written(filters: Sequence[PageFilter]) -> Mapping[str, list[str]]:
    """The part of an address that says what was chosen."""
    return {item.column: texts for item in filters if (texts := item.texts())}
