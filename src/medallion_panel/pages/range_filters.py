"""The filters of a page that are ranges: of numbers and of days."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import panel_material_ui as pmui

from medallion.contracts import Filter
from medallion.errors import CallError
from medallion.query.column_types import Kind, coerce
from medallion_panel.messages.messages import Messages
from medallion_panel.pages.choice import Choice, last_of
from medallion_panel.pages.filter_options import FilterOptions
from medallion_panel.pages.page_filter import PageFilter
from medallion_panel.section import FilterField
from medallion_panel.ui.date_range_input import DateRangeInput
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.rounding import down, round_width, up

_STEPS = 200  # of a slider


class SpanFilter(PageFilter):
    """A range of values, both ends included."""

    kind: Kind
    _say: Messages

    def texts(self) -> list[str]:
        value = self._selected()
        return [f"{value[0]}..{value[1]}"] if value else []

    def texts_of(self, choice: Choice) -> list[str] | None:
        ends = last_of(choice, self.kind)
        return [f"{ends[0]}..{ends[1]}"] if ends else None

    @abstractmethod
    def _selected(self) -> tuple[Any, Any] | None:
        """The two ends, None when they exclude nothing."""

    def _ends(self, text: str, kind: Kind, bounds: Sequence[Any]) -> tuple[Any, Any]:
        """Both ends of a range in a URL; one left out is its bound. Raises CallError."""
        label, ends = self.label, text.split("..")
        if len(ends) != 2:
            message = "{column}: {text} is not a range such as 10..20"
            raise CallError(self._say(message, column=label, text=repr(text)))
        low, high = (
            coerce(kind, end, label) if end else bound
            for end, bound in zip(ends, bounds, strict=True)
        )
        if low > high:
            message = "{column}: the range from {low} to {high} is empty"
            raise CallError(self._say(message, column=label, low=str(low), high=str(high)))
        return low, high


class NumberRangeFilter(SpanFilter):
    """A range of numbers."""

    def __init__(
        self,
        field: FilterField,
        label: str,
        changed: Callable[[], None],
        options: FilterOptions,
        formats: Formats,
    ) -> None:
        super().__init__(field, label, changed)
        self.kind, self._say = options.kind, formats.say
        self._number: Callable[[Any], Any] = int if options.kind.name == "integer" else float
        form = formats.name_for(field.column, options.kind)
        self._write = formats.writer(form, short=True)
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
            low, high = self._ends(texts[0], Kind("decimal"), self._bounds)
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
        self,
        field: FilterField,
        label: str,
        changed: Callable[[], None],
        options: FilterOptions,
        formats: Formats,
    ) -> None:
        super().__init__(field, label, changed)
        self.kind, self._times = options.kind, options.kind.name == "timestamp"
        self._say = formats.say
        self._bounds: tuple[Any, ...] = ()
        self.widget = DateRangeInput.of(label, formats)
        self.set_options(options)
        self.watch("changes")

    def set_options(self, options: FilterOptions) -> None:
        selected = self._selected()
        first, last = (value.date() if self._times else value for value in options.bounds or ())
        value = _moved(selected, self._bounds, (first, last)) if selected else None
        self._bounds = first, last
        self.widget.show((first, last), value)

    def assign(self, texts: Sequence[str]) -> None:
        value = self._ends(texts[0], Kind("date"), self._bounds) if texts else None
        self.widget.show(self._bounds, value)

    def conditions(self) -> list[Filter]:
        value = self._selected()
        if not value:
            return []
        first, last = value
        return [Filter(self.column, "gte", first), Filter(self.column, "lte", last)]

    def _selected(self) -> tuple[Any, Any] | None:
        value = self.widget.value
        if not value or value == self._bounds:
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
