"""The filters of a page, one class per kind of control."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import panel_material_ui as pmui

from medallion.contracts import Filter
from medallion.errors import CallError
from medallion.query.column_types import Kind, coerce
from medallion_panel.pages.filter_options import FilterOptions
from medallion_panel.pages.page_filter import PageFilter
from medallion_panel.section import FilterField
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.rounding import down, round_width, up

_STEPS = 200  # of a slider
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_LIMIT = 2**63  # beyond the integers of every store


class ChoiceFilter(PageFilter):
    """A choice among the values of a column, formatted by `write`."""

    def __init__(
        self,
        field: FilterField,
        label: str,
        changed: Callable[[], None],
        options: FilterOptions,
        write: Callable[[Any], str],
    ) -> None:
        super().__init__(field, label, changed)
        self._write = write
        self._values: dict[str, Any] = {}
        self.widget = pmui.MultiChoice(
            label=label,
            options={},
            value=[],
            visual_size="small",
            sizing_mode="stretch_width",
            margin=0,
        )
        self.set_options(options)
        self.watch("value")

    def set_options(self, options: FilterOptions) -> None:
        self._values = {str(value): value for value in options.values or ()}
        names = [self._write(value) for value in self._values.values()]
        unique = len(set(names)) == len(names)
        selected = [text for text in self.widget.value if text in self._values]
        labels = dict(zip(names if unique else self._values, self._values, strict=True))
        self.widget.param.update(options=labels, value=selected)

    def assign(self, texts: Sequence[str]) -> None:
        unknown = [text for text in texts if text not in self._values]
        self.widget.value = [text for text in texts if text in self._values]
        if unknown:
            raise CallError(f"{self.label} has no value {', '.join(map(repr, unknown))}")

    def texts(self) -> list[str]:
        return list(self.widget.value)

    def conditions(self) -> list[Filter]:
        selected = [self._values[text] for text in self.widget.value]
        return [Filter(self.column, "in", tuple(selected))] if selected else []


class SearchFilter(PageFilter):
    """A search for rows whose text contains a word."""

    def __init__(self, field: FilterField, label: str, changed: Callable[[], None]) -> None:
        super().__init__(field, label, changed)
        self.widget = pmui.TextInput(
            label=f"{label} contains", size="small", sizing_mode="stretch_width", margin=0
        )
        self.watch("value")

    def set_options(self, options: FilterOptions) -> None:
        """Does nothing: there are no options."""

    def assign(self, texts: Sequence[str]) -> None:
        self.widget.value = texts[0] if texts else ""

    def texts(self) -> list[str]:
        return [self.widget.value] if self.widget.value else []

    def conditions(self) -> list[Filter]:
        return [Filter(self.column, "search", self.widget.value)] if self.widget.value else []


class NumberFilter(PageFilter):
    """Integers to be entered, for columns of identifiers, of which a range makes no sense."""

    def __init__(self, field: FilterField, label: str, changed: Callable[[], None]) -> None:
        super().__init__(field, label, changed)
        self.widget = pmui.TextInput(
            label=label, placeholder="17, 42", size="small", sizing_mode="stretch_width", margin=0
        )
        self.watch("value")

    def set_options(self, options: FilterOptions) -> None:
        """Does nothing: there are no options."""

    def assign(self, texts: Sequence[str]) -> None:
        self.widget.value = ", ".join(texts)
        for word in self._words():
            coerce(Kind("integer"), word, self.label)

    def texts(self) -> list[str]:
        return [str(number) for number in self._numbers()]

    def conditions(self) -> list[Filter]:
        numbers = self._numbers()
        self.widget.error_state = len(numbers) < len(self._words())
        return [Filter(self.column, "in", tuple(numbers))] if numbers else []

    def _words(self) -> list[str]:
        return str(self.widget.value).replace(",", " ").split()

    def _numbers(self) -> list[int]:
        numbers = [int(word) for word in self._words() if _INTEGER.fullmatch(word)]
        return [number for number in numbers if -_LIMIT <= number < _LIMIT]


class SpanFilter(PageFilter):
    """A range of values, both ends included."""

    def texts(self) -> list[str]:
        value = self._selected()
        return [f"{value[0]}..{value[1]}"] if value else []

    @abstractmethod
    def _selected(self) -> tuple[Any, Any] | None:
        """The two ends, None when they exclude nothing."""


class NumberRangeFilter(SpanFilter):
    """A range of numbers; `write` formats its ends."""

    def __init__(
        self,
        field: FilterField,
        label: str,
        changed: Callable[[], None],
        options: FilterOptions,
        write: Callable[[Any], str],
    ) -> None:
        super().__init__(field, label, changed)
        self._number: Callable[[Any], Any] = int if options.kind.name == "integer" else float
        self._write = write
        self._bounds: tuple[Any, Any] = (0, 0)
        self.widget = pmui.RangeSlider(
            label=label,
            value=self._bounds,
            show_value=False,
            tooltips=False,
            size="small",
            sizing_mode="stretch_width",
            margin=(0, 8),
        )
        self.set_options(options)
        self.widget.param.watch(lambda _: self._update_label(), "value")
        self.watch("value_throttled")
        self._update_label()

    def set_options(self, options: FilterOptions) -> None:
        selected, (low, high) = self._selected(), options.bounds or (0, 0)
        step = round_width(low, high, _STEPS, options.kind)
        least, most = self._number(down(low, step)), self._number(up(high, step))
        value = _moved(selected, self._bounds, (least, most)) if selected else (least, most)
        self._bounds = least, most
        end = max(most, least + self._number(step))
        self.widget.param.update(start=least, end=end, value=value, step=self._number(step))

    def assign(self, texts: Sequence[str]) -> None:
        self.widget.value = self._bounds
        if texts:
            low, high = _ends(self.label, texts[0], Kind("decimal"), self._bounds)
            least, most = self._bounds
            self.widget.value = tuple(
                max(least, min(most, self._number(end))) for end in (low, high)
            )

    def conditions(self) -> list[Filter]:
        value = self._selected()
        if not value:
            return []
        low, high = value if self._number is int else (Decimal(str(end)) for end in value)
        return [Filter(self.column, "gte", low), Filter(self.column, "lte", high)]

    def _selected(self) -> tuple[Any, Any] | None:
        value = self.widget.value
        return None if tuple(value) == self._bounds else (value[0], value[1])

    def _update_label(self) -> None:
        low, high = (self._write(end) for end in self.widget.value)
        self.widget.label = f"{self.label}: {low} – {high}"


class DateRangeFilter(SpanFilter):
    """A range of days."""

    def __init__(
        self, field: FilterField, label: str, changed: Callable[[], None], options: FilterOptions
    ) -> None:
        super().__init__(field, label, changed)
        self._times = options.kind.name == "timestamp"
        self._bounds: tuple[Any, ...] = ()
        self.widget = pmui.DateRangePicker(
            label=label, value=None, size="small", sizing_mode="stretch_width", margin=0
        )
        self.set_options(options)
        self.watch("value")

    def set_options(self, options: FilterOptions) -> None:
        selected = self._selected()
        first, last = (value.date() if self._times else value for value in options.bounds or ())
        value = _moved(selected, self._bounds, (first, last)) if selected else None
        self._bounds = first, last
        self.widget.param.update(start=first, end=last, value=value)

    def assign(self, texts: Sequence[str]) -> None:
        self.widget.value = (
            _ends(self.label, texts[0], Kind("date"), self._bounds) if texts else None
        )

    def conditions(self) -> list[Filter]:
        value = self._selected()
        if not value:
            return []
        first, last = value
        return [Filter(self.column, "gte", first), Filter(self.column, "lte", last)]

    def _selected(self) -> tuple[Any, Any] | None:
        value = self.widget.value
        if not value or None in value or tuple(value) == self._bounds:
            return None
        return value[0], value[1]


def _moved(
    selected: Sequence[Any], former: Sequence[Any], bounds: Sequence[Any]
) -> tuple[Any, ...]:
    """A range selected within former bounds, within new ones: an end at its bound stays at it."""
    least, most = bounds
    return tuple(
        bound if end == former_bound else max(least, min(most, end))
        for end, former_bound, bound in zip(selected, former, bounds, strict=True)
    )


def _ends(label: str, text: str, kind: Kind, bounds: Sequence[Any]) -> tuple[Any, Any]:
    """Both ends of a range in a URL; one left out is its bound. Raises CallError."""
    ends = text.split("..")
    if len(ends) != 2:
        raise CallError(f"{label}: {text!r} is not a range such as 10..20")
    low, high = (
        coerce(kind, end, label) if end else bound for end, bound in zip(ends, bounds, strict=True)
    )
    if low > high:
        raise CallError(f"{label}: the range from {low} to {high} is empty")
    return low, high


def page_filters(
    all_options: Sequence[FilterOptions], formats: Formats, changed: Callable[[], None]
) -> list[PageFilter]:
    """The filters of a page; each calls `changed` when a visitor changes it."""
    return [_filter(options, formats, changed) for options in all_options]


def _filter(options: FilterOptions, formats: Formats, changed: Callable[[], None]) -> PageFilter:
    field, kind = options.field, options.kind
    label = field.label or formats.label(field.column)
    if options.values is not None:
        return ChoiceFilter(field, label, changed, options, formats.period)
    if options.exact:
        return NumberFilter(field, label, changed)
    if options.bounds is None:
        return SearchFilter(field, label, changed)
    if kind.name in ("date", "timestamp"):
        return DateRangeFilter(field, label, changed, options)
    write = formats.writer(formats.name_for(field.column, kind), short=True)
    return NumberRangeFilter(field, label, changed, options, write)


def conditions(filters: Sequence[PageFilter]) -> tuple[Filter, ...]:
    """The conditions of all filters."""
    return tuple(condition for item in filters for condition in item.conditions())


def url_parameters(filters: Sequence[PageFilter]) -> Mapping[str, list[str]]:
    """The parameters of a URL for all filters that are set."""
    return {item.column: texts for item in filters if (texts := item.texts())}
