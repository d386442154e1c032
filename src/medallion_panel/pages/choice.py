"""A choice in one column: what a click on a mark filters the page by, and its form in a URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from medallion.contracts import Filter
from medallion.errors import CallError
from medallion.query.column_types import Kind
from medallion.query.periods import PERIODS, period_span, period_text
from medallion.query.validation import operand
from medallion_panel.blocks.marks import Term, term_span
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.formats import Formats

_MOST_VALUES = 100  # of a choice; a mark of more of them is no filter
_MOST_LISTED = 3  # values on a chip
_OPERATORS = ("eq", "gte", "lt", "isnull")


@dataclass(frozen=True)
class Choice:
    """Values of a column, of which rows have one, or a span `low` to before `high`.

    No values and no span are the rows without a value.
    """

    column: str
    values: tuple[Any, ...] = ()
    low: Any = None
    high: Any = None

    @property
    def is_span(self) -> bool:
        return self.low is not None or self.high is not None

    def filters(self) -> list[Filter]:
        """Its conditions."""
        if self.values:
            return [Filter(self.column, "in", self.values)]
        ends = [Filter(self.column, "gte", self.low), Filter(self.column, "lt", self.high)]
        present = [end for end in ends if end.value is not None]
        return present or [Filter(self.column, "isnull", True)]

    def parameters(self) -> dict[str, list[str]]:
        """Its parameters in a URL, of the same form as those of the API."""
        if self.values:
            return {f"{self.column}__eq": [_text(value) for value in self.values]}
        ends = {f"{self.column}__gte": self.low, f"{self.column}__lt": self.high}
        present = {name: [_text(value)] for name, value in ends.items() if value is not None}
        return present or {f"{self.column}__isnull": ["true"]}

    def label(self, kind: Kind, formats: Formats) -> str:
        """The choice in words."""
        write = formats.writer(formats.name_for(self.column, kind))
        if self.values:
            words = formats.and_more(list(map(write, self.values)), _MOST_LISTED)
        elif self.is_span:
            words = _span_words(self.low, self.high, write, formats)
        else:
            words = formats.say("No value")
        return f"{formats.label(self.column)}: {words}"


def choices_of(terms: Sequence[Term], kinds: Mapping[str, Kind]) -> list[Choice]:
    """The choices that select the rows of a mark; none when that is not possible."""
    choices = []
    for term, values in terms:
        missing = [value for value in values if value is None or value != value]
        column, span = term_span(kinds, term, values)
        if span is not None:
            choices.append(Choice(column, (), *span))
        elif len(missing) == len(values) and values:
            choices.append(Choice(column))
        elif (
            missing
            or column != term
            or not 0 < len(values) <= _MOST_VALUES
            or not kinds[column].ordered
        ):
            return []
        else:
            choices.append(Choice(column, tuple(values)))
    return choices


def choices_in_url(
    parameters: Mapping[str, Sequence[str]], kinds: Mapping[str, Kind], say: Messages
) -> tuple[list[Choice], list[str]]:
    """The choices among the parameters of a URL, and a notice for each parameter that is none.

    Parameters: `kinds`, those of all columns of the page's tables.
    """
    parts: dict[str, dict[str, Sequence[str]]] = {}
    notices = []
    for name, texts in parameters.items():
        column, _, operator = name.rpartition("__")
        if column in kinds and operator in _OPERATORS:
            parts.setdefault(column, {})[operator] = texts
        else:
            notices.append(say("This page has no filter “{name}”.", name=name))
    choices = []
    for column, operators in parts.items():
        try:
            choices.append(_choice(column, kinds[column], operators))
        except CallError as error:
            notices.append(f"{error.message}.")
    return choices, notices


def _choice(column: str, kind: Kind, operators: Mapping[str, Sequence[str]]) -> Choice:
    """A choice by the parameters of one column. Raises CallError on an invalid value."""
    if "eq" in operators:
        return Choice(column, tuple(operand(kind, "in", text, column) for text in operators["eq"]))
    low, high = (
        operand(kind, name, operators[name][0], column) if name in operators else None
        for name in ("gte", "lt")
    )
    return Choice(column, (), low, high)


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _span_words(low: Any, high: Any, write: Callable[[Any], str], formats: Formats) -> str:
    """A span in words: a whole year, month or day by its name."""
    if isinstance(low, date) and isinstance(high, date):
        for text in (period_text(form, low) for form in PERIODS):
            if period_span(text) == (low, high):
                return formats.period(text)
    if low is None or high is None:
        if high is None:
            return formats.say("from {value}", value=write(low))
        return formats.say("before {value}", value=write(high))
    return formats.say("{low} to {high}", low=write(low), high=write(high))


def last_of(choice: Choice, kind: Kind) -> tuple[Any, Any] | None:
    """The first and the last value of a choice, for a range that includes both; None where it is no
    such range: a span of floats has no last value.
    """
    low, high = choice.low, choice.high
    if len(choice.values) == 1 and kind.name != "timestamp":
        return choice.values[0], choice.values[0]
    if choice.values or low is None or high is None:
        return None
    match kind.name:
        case "date" | "timestamp":
            is_day = not isinstance(high, datetime)
            return (low, high - timedelta(days=1)) if is_day else None
        case "integer":
            return int(low), int(high) - 1
        case "decimal":
            return low, Decimal(str(high)) - Decimal(1).scaleb(-kind.scale)
    return None
