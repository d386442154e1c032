"""The filters of a page: a widget for each column, its part of the address, and what it asks of the store."""

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
from medallion_panel.pages.filter_choices import Offer
from medallion_panel.pages.page_filter import PageFilter
from medallion_panel.section import FilterField
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.rounding import down, nice_width, up

_STOPS = 200
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_BEYOND = 2**63  # what no store holds


class Choice(PageFilter):
    """Some of the values of a column, shown as `write` writes them."""

    def __init__(
        self,
        field: FilterField,
        label: str,
        changed: Callable[[], None],
        offer: Offer,
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
        self.offer(offer)
        self.watch("value")

    def offer(self, offer: Offer) -> None:
        self._values = {str(value): value for value in offer.values or ()}
        names = [self._write(value) for value in self._values.values()]
        unique = len(set(names)) == len(names)
        chosen = [text for text in self.widget.value if text in self._values]
        options = dict(zip(names if unique else self._values, self._values, strict=True))
        self.widget.param.update(options=options, value=chosen)

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
        self.widget = pmui.TextInput(
            label=f"{label} contains", size="small", sizing_mode="stretch_width", margin=0
        )
        self.watch("value")

    def offer(self, offer: Offer) -> None:
        """There is nothing to choose from."""

    def assign(self, texts: Sequence[str]) -> None:
        self.widget.value = texts[0] if texts else ""

    def texts(self) -> list[str]:
        return [self.widget.value] if self.widget.value else []

    def conditions(self) -> list[Filter]:
        return [Filter(self.column, "search", self.widget.value)] if self.widget.value else []


class Exact(PageFilter):
    """Rows with one of some whole numbers that identify something: nobody looks for a range of them."""

    def __init__(self, field: FilterField, label: str, changed: Callable[[], None]) -> None:
        super().__init__(field, label, changed)
        self.widget = pmui.TextInput(
            label=label, placeholder="17, 42", size="small", sizing_mode="stretch_width", margin=0
        )
        self.watch("value")

    def offer(self, offer: Offer) -> None:
        """There is nothing to choose from."""

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
        numbers = [int(word) for word in self._words() if _WHOLE.fullmatch(word)]
        return [number for number in numbers if -_BEYOND <= number < _BEYOND]


class Span(PageFilter):
    """Rows whose value lies between two ends, both included."""

    def texts(self) -> list[str]:
        value = self._chosen()
        return [f"{value[0]}..{value[1]}"] if value else []

    @abstractmethod
    def _chosen(self) -> tuple[Any, Any] | None:
        """The two ends, or None when they leave nothing out."""


class Range(Span):
    """Rows whose number lies between two bounds, both included; `write` writes a bound for the reader."""

    def __init__(
        self,
        field: FilterField,
        label: str,
        changed: Callable[[], None],
        offer: Offer,
        write: Callable[[Any], str],
    ) -> None:
        super().__init__(field, label, changed)
        self._number: Callable[[Any], Any] = int if offer.kind.name == "integer" else float
        self._write = write
        self._whole: tuple[Any, Any] = (0, 0)
        self.widget = pmui.RangeSlider(
            label=label, value=self._whole, show_value=False, tooltips=False, size="small",
            sizing_mode="stretch_width", margin=(0, 8),
        )  # fmt: skip
        self.offer(offer)
        self.widget.param.watch(lambda _: self._tell(), "value")
        self.watch("value_throttled")
        self._tell()

    def offer(self, offer: Offer) -> None:
        chosen, (low, high) = self._chosen(), offer.bounds or (0, 0)
        step = nice_width(low, high, _STOPS, offer.kind)
        least, most = self._number(down(low, step)), self._number(up(high, step))
        value = _kept(chosen, self._whole, (least, most)) if chosen else (least, most)
        self._whole = least, most
        end = max(most, least + self._number(step))
        self.widget.param.update(start=least, end=end, value=value, step=self._number(step))

    def assign(self, texts: Sequence[str]) -> None:
        self.widget.value = self._whole
        if texts:
            low, high = _ends(self.label, texts[0], Kind("decimal"), self._whole)
            least, most = self._whole
            self.widget.value = tuple(
                max(least, min(most, self._number(end))) for end in (low, high)
            )

    def conditions(self) -> list[Filter]:
        value = self._chosen()
        if not value:
            return []
        low, high = value if self._number is int else (Decimal(str(end)) for end in value)
        return [Filter(self.column, "gte", low), Filter(self.column, "lte", high)]

    def _chosen(self) -> tuple[Any, Any] | None:
        value = self.widget.value
        return None if tuple(value) == self._whole else (value[0], value[1])

    def _tell(self) -> None:
        low, high = (self._write(end) for end in self.widget.value)
        self.widget.label = f"{self.label}: {low} – {high}"


class Days(Span):
    """Rows whose date lies between two days, both included."""

    def __init__(
        self, field: FilterField, label: str, changed: Callable[[], None], offer: Offer
    ) -> None:
        super().__init__(field, label, changed)
        self._times = offer.kind.name == "timestamp"
        self._whole: tuple[Any, ...] = ()
        self.widget = pmui.DateRangePicker(
            label=label, value=None, size="small", sizing_mode="stretch_width", margin=0
        )
        self.offer(offer)
        self.watch("value")

    def offer(self, offer: Offer) -> None:
        chosen = self._chosen()
        first, last = (value.date() if self._times else value for value in offer.bounds or ())
        value = _kept(chosen, self._whole, (first, last)) if chosen else None
        self._whole = first, last
        self.widget.param.update(start=first, end=last, value=value)

    def assign(self, texts: Sequence[str]) -> None:
        self.widget.value = (
            _ends(self.label, texts[0], Kind("date"), self._whole) if texts else None
        )

    def conditions(self) -> list[Filter]:
        value = self._chosen()
        if not value:
            return []
        first, last = value
        return [Filter(self.column, "gte", first), Filter(self.column, "lte", last)]

    def _chosen(self) -> tuple[Any, Any] | None:
        value = self.widget.value
        return (
            None
            if not value or None in value or tuple(value) == self._whole
            else (value[0], value[1])
        )


def _kept(chosen: Sequence[Any], former: Sequence[Any], whole: Sequence[Any]) -> tuple[Any, ...]:
    """What was chosen of a former whole, within another: an end that left nothing out goes on doing so."""
    least, most = whole
    return tuple(
        now if end == before else max(least, min(most, end))
        for end, before, now in zip(chosen, former, whole, strict=True)
    )


def _ends(label: str, text: str, kind: Kind, whole: Sequence[Any]) -> tuple[Any, Any]:
    """Both ends of what an address says; one left out is that of the whole. Raises CallError."""
    ends = text.split("..")
    if len(ends) != 2:
        raise CallError(f"{label} is written as 10..20, not {text!r}")
    low, high = (
        coerce(kind, end, label) if end else bound for end, bound in zip(ends, whole, strict=True)
    )
    if low > high:
        raise CallError(f"{label} begins at {low} and ends before, at {high}")
    return low, high


def page_filters(
    offers: Sequence[Offer], formats: Formats, changed: Callable[[], None]
) -> list[PageFilter]:
    """The filters of a page; each calls `changed`."""
    return [_filter(offer, formats, changed) for offer in offers]


def _filter(offer: Offer, formats: Formats, changed: Callable[[], None]) -> PageFilter:
    field, kind = offer.field, offer.kind
    label = field.label or formats.label(field.column)
    if offer.values is not None:
        return Choice(field, label, changed, offer, formats.period)
    if offer.exact:
        return Exact(field, label, changed)
    if offer.bounds is None:
        return Search(field, label, changed)
    if kind.name in ("date", "timestamp"):
        return Days(field, label, changed, offer)
    write = formats.writer(formats.name_for(field.column, kind), short=True)
    return Range(field, label, changed, offer, write)


def conditions(filters: Sequence[PageFilter]) -> tuple[Filter, ...]:
    return tuple(condition for item in filters for condition in item.conditions())


def written(filters: Sequence[PageFilter]) -> Mapping[str, list[str]]:
    """The part of an address that says what was chosen."""
    return {item.column: texts for item in filters if (texts := item.texts())}
