"""The filters of a page, one class per kind of control."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import panel_material_ui as pmui

from medallion.contracts import Filter
from medallion.errors import CallError
from medallion.query.column_types import Kind, coerce
from medallion_panel.messages.messages import Messages
from medallion_panel.pages.choice import Choice
from medallion_panel.pages.filter_options import FilterOptions
from medallion_panel.pages.page_filter import PageFilter
from medallion_panel.pages.range_filters import DateRangeFilter, NumberRangeFilter
from medallion_panel.section import FilterField
from medallion_panel.ui.choice_box import ChoiceBox
from medallion_panel.ui.formats import Formats

_INTEGER = re.compile(r"-?[0-9]{1,19}")
_LIMIT = 2**63  # beyond the integers of every store


class ChoiceFilter(PageFilter):
    """A choice among the values of a column."""

    def __init__(
        self,
        field: FilterField,
        label: str,
        changed: Callable[[], None],
        options: FilterOptions,
        formats: Formats,
    ) -> None:
        super().__init__(field, label, changed)
        self._write, self._say = formats.period, formats.say
        self._values: dict[str, Any] = {}
        self.widget = ChoiceBox.of(label, formats.say)
        self.set_options(options)
        self.watch("value")

    def set_options(self, options: FilterOptions) -> None:
        self._values = {str(value): value for value in options.values or ()}
        names = [self._write(value) for value in self._values.values()]
        unique = len(set(names)) == len(names)
        selected = [text for text in self.widget.value if text in self._values]
        texts = names if unique else self._values
        pairs = [list(pair) for pair in zip(self._values, texts, strict=True)]
        self.widget.param.update(options=pairs, value=selected)

    def assign(self, texts: Sequence[str]) -> None:
        unknown = [text for text in texts if text not in self._values]
        self.widget.value = [text for text in texts if text in self._values]
        if unknown:
            names = ", ".join(map(repr, unknown))
            message = "{column} has no value {value}"
            raise CallError(self._say(message, column=self.label, value=names))

    def texts(self) -> list[str]:
        return list(self.widget.value)

    def texts_of(self, choice: Choice) -> list[str] | None:
        texts = [str(value) for value in choice.values]
        return texts if texts and all(text in self._values for text in texts) else None

    def conditions(self) -> list[Filter]:
        selected = [self._values[text] for text in self.widget.value]
        return [Filter(self.column, "in", tuple(selected))] if selected else []


class SearchFilter(PageFilter):
    """A search for rows whose text contains a word."""

    def __init__(
        self, field: FilterField, label: str, changed: Callable[[], None], say: Messages
    ) -> None:
        super().__init__(field, label, changed)
        named = say("{column} contains", column=label)
        self.widget = pmui.TextInput(
            label=named, size="small", sizing_mode="stretch_width", margin=0
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

    def texts_of(self, choice: Choice) -> list[str] | None:
        return [str(value) for value in choice.values] or None

    def conditions(self) -> list[Filter]:
        numbers = self._numbers()
        self.widget.error_state = len(numbers) < len(self._words())
        return [Filter(self.column, "in", tuple(numbers))] if numbers else []

    def _words(self) -> list[str]:
        return str(self.widget.value).replace(",", " ").split()

    def _numbers(self) -> list[int]:
        numbers = [int(word) for word in self._words() if _INTEGER.fullmatch(word)]
        return [number for number in numbers if -_LIMIT <= number < _LIMIT]


def page_filters(
    all_options: Sequence[FilterOptions], formats: Formats, changed: Callable[[], None]
) -> list[PageFilter]:
    """The filters of a page; each calls `changed` when a visitor changes it."""
    return [_filter(options, formats, changed) for options in all_options]


def _filter(options: FilterOptions, formats: Formats, changed: Callable[[], None]) -> PageFilter:
    field, kind = options.field, options.kind
    label = field.label or formats.label(field.column)
    if kind.zoned and formats.time_zone != "UTC":
        label = f"{label} (UTC)"  # whose days the stores compare with
    if options.values is not None:
        return ChoiceFilter(field, label, changed, options, formats)
    if options.exact:
        return NumberFilter(field, label, changed)
    if options.bounds is None:
        return SearchFilter(field, label, changed, formats.say)
    if kind.name in ("date", "timestamp"):
        return DateRangeFilter(field, label, changed, options, formats)
    return NumberRangeFilter(field, label, changed, options, formats)


def conditions(filters: Sequence[PageFilter]) -> tuple[Filter, ...]:
    """The conditions of all filters."""
    return tuple(condition for item in filters for condition in item.conditions())


def url_parameters(filters: Sequence[PageFilter]) -> Mapping[str, list[str]]:
    """The parameters of a URL for all filters that are set."""
    return {item.column: texts for item in filters if (texts := item.texts())}


def not_of_filters(
    parameters: Mapping[str, Sequence[str]], filters: Sequence[PageFilter]
) -> dict[str, list[str]]:
    """The parameters of a URL that have not the name of a filter's column, and so are not its."""
    columns = {item.column for item in filters}
    return {name: list(texts) for name, texts in parameters.items() if name not in columns}
