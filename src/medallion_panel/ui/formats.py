"""Formatting of numbers, dates and names, by locale."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Context, localcontext
from math import inf
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers

from medallion.errors import CallError
from medallion.query.column_types import Kind
from medallion.query.metrics import MetricCall, metric_call
from medallion.query.periods import period_span
from medallion_panel.block_models import FormatName
from medallion_panel.messages.messages import Messages, messages_in
from medallion_panel.palette import Palette
from medallion_panel.section import Dashboard

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"\d{4}-Q[1-4]")
_IDENTIFYING = re.compile(r"(^|_)(id|key|code|zip|postcode|year)$", re.IGNORECASE)
_SMALLEST = 0.005  # below it, two decimal places would show 0.00
_TINY = 1e-4
_NONE = "–"
_MONTHS_OF_YEAR = range(12)
_VAST = 10**15  # beyond it a float has no cents, and there is no compact unit such as T
_WIDE = Context(prec=80)
_UNITS = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True)
class Formats:
    """How a dashboard shows values: the formats of numbers and dates, labels and colours.

    Parameters: `locale` such as `en_IE`, `currency` such as `EUR`, and by column name, `by_column`
    (the declared formats) and `labels`; `time_zone`, in which moments are written;
    `palette`, the colours of charts and of the header.
    """

    locale: str
    currency: str
    by_column: dict[str, FormatName]
    labels: dict[str, str]
    time_zone: str = "UTC"
    palette: Palette = field(default_factory=Palette)

    @classmethod
    def of(cls, section: Dashboard) -> Formats:
        """The formats that a `dashboard:` section declares."""
        columns = (section.formats, section.labels)
        return cls(section.locale, section.currency, *columns, section.time_zone, section.colors)

    @property
    def say(self) -> Messages:
        """The messages of the interface in the language of the locale."""
        return messages_in(self.locale)

    def label(self, column: str) -> str:
        """A column or metric in words: `total_spent` is `Total spent`."""
        call = _call(column)
        if call:
            return " / ".join(self._metric_label(part) for part in call.parts or (call,))
        return self.labels.get(column) or column.replace("_", " ").capitalize()

    def _metric_label(self, call: MetricCall) -> str:
        if call.column is None:
            return self.say("Number")
        label = self.label(call.column)
        if call.function == "count_distinct":
            return self.say("Distinct {column}", column=label)
        return label

    def name_for(
        self, column: str, kind: Kind | None, override: FormatName | None = None
    ) -> FormatName:
        """The format of a column or metric: `override`, that of its column, or by its kind."""
        call = _call(column)
        if call:
            if call.column is None or call.function == "count_distinct":
                return override or ("decimal" if call.parts else "integer")
            column = call.column
            if call.function in ("mean", "quantile") and not (
                override or self.by_column.get(column)
            ):
                return "decimal"
        declared = override or self.by_column.get(column)
        if declared:
            return declared
        match kind.name if kind else "text":
            case "integer":
                return "text" if identifying(column) else "integer"
            case "decimal" | "float":
                return "decimal"
            case "date" | "timestamp":
                return "date"
        return "text"

    def writer(self, name: FormatName, *, short: bool = False) -> Callable[[Any], str]:
        """A function that formats values; `short` is for labels: 1.9M rather than 1,912,345.67."""

        def write(value: Any) -> str:
            if value is None or value != value:
                return _NONE
            return self._write(name, value, short)

        return write

    def _write(self, name: FormatName, value: Any, short: bool) -> str:
        if isinstance(value, str | date | bool):
            return self.period(value)
        if isinstance(value, list | dict | bytes) or name in ("text", "date"):
            return str(value)
        if abs(value) == inf:
            return "∞" if value > 0 else "-∞"
        if abs(value) >= _VAST and (short or isinstance(value, float)):
            return str(numbers.format_scientific(value, "0.###E0", locale=self.locale))
        with localcontext(_WIDE):
            if 0 < abs(value) < (_SMALLEST / 100 if name == "percent" else _SMALLEST):
                return self._small(name, value)
            return self._number(name, value, short)

    def _small(self, name: FormatName, value: Any) -> str:
        """A number that would be rounded to 0, to three significant digits."""
        shown = value * 100 if name == "percent" else value
        places = 2 - math.floor(math.log10(abs(shown)))
        pattern = "0.##E0" if abs(shown) < _TINY else f"0.{'#' * places}"
        if name == "percent":
            return str(numbers.format_percent(value, f"{pattern}%", self.locale))
        if name == "currency":
            return str(
                numbers.format_currency(
                    value, self.currency, f"¤{pattern}", locale=self.locale, currency_digits=False
                )
            )
        if "E" in pattern:
            return str(numbers.format_scientific(value, pattern, locale=self.locale))
        return str(numbers.format_decimal(value, pattern, self.locale))

    def _number(self, name: FormatName, value: Any, short: bool) -> str:
        match name:
            case "currency" if short and self._abbreviates(value, 10_000):
                places = 2 if abs(value) >= 1_000_000 else 1
                return str(
                    numbers.format_compact_currency(
                        value, self.currency, fraction_digits=places, locale=self.locale
                    )
                )
            case "currency":
                pattern = Locale.parse(self.locale).currency_formats["standard"].pattern
                whole = short and (abs(value) >= 1000 or value == int(value))
                return str(
                    numbers.format_currency(
                        value,
                        self.currency,
                        pattern.replace(".00", "") if whole else pattern,
                        locale=self.locale,
                        currency_digits=not whole,
                    )
                )
            case "percent":
                return str(numbers.format_percent(value, self._percent, self.locale))
            case "integer" | "number" | "decimal" if short and self._abbreviates(value, 100_000):
                return str(
                    numbers.format_compact_decimal(value, fraction_digits=1, locale=self.locale)
                )
            case "integer":
                return str(numbers.format_decimal(value, "#,##0", self.locale))
            case "decimal":
                return str(numbers.format_decimal(value, "#,##0.00", self.locale))
        return str(numbers.format_decimal(value, locale=self.locale))

    def _abbreviates(self, value: Any, least: int) -> bool:
        """Whether a number of at least `least` has a short form: German has none for thousands."""
        size = str(10 ** min(len(str(int(abs(value)))) - 1, 14))
        patterns = Locale.parse(self.locale).compact_decimal_formats["short"]["other"]
        return bool(abs(value) >= least and patterns[size].pattern != "0")

    @property
    def _percent(self) -> str:
        return str(Locale.parse(self.locale).percent_formats[None].pattern).replace(
            "#,##0", "#,##0.0"
        )

    def day(self, value: date) -> str:
        """A date or a timestamp; a moment with its time zone, such as `UTC` or `CET`."""
        if isinstance(value, datetime):
            local = self.wall_time(value)
            words = str(dates.format_datetime(local, "medium", locale=self.locale))
            return f"{words} {self._zone_name(value)}" if value.tzinfo else words
        return str(dates.format_date(value, "medium", locale=self.locale))

    def wall_time(self, value: datetime) -> datetime:
        """The time of a clock in the time zone at a moment; a local time stays as it is."""
        return value.astimezone(self._zone).replace(tzinfo=None) if value.tzinfo else value

    @property
    def _zone(self) -> tzinfo:
        return UTC if self.time_zone == "UTC" else ZoneInfo(self.time_zone)

    def _zone_name(self, moment: datetime) -> str:
        """The abbreviation of the time zone at a moment; where it has none, its offset."""
        name = moment.astimezone(self._zone).strftime("%Z")
        return f"UTC{name}" if name[:1] in ("+", "-") else name

    def span(self, first: date, last: date) -> str:
        """The days from one to another: `1 – 31 Oct 2024`."""
        if first == last:
            return self.day(first)
        return str(dates.format_interval(first, last, "yMMMd", locale=self.locale))

    def period(self, value: Any) -> str:
        """A period or any value but a number in words: `2024-05` is `May 2024`."""
        if isinstance(value, bool):
            return self.say("yes") if value else self.say("no")
        if isinstance(value, str) and _MONTH.fullmatch(value):
            return str(
                dates.format_date(
                    date(int(value[:4]), int(value[5:]), 1), "MMM yyyy", locale=self.locale
                )
            )
        if isinstance(value, str) and _QUARTER.fullmatch(value):
            return str(dates.format_date(period_span(value)[0], "QQQ yyyy", locale=self.locale))
        if isinstance(value, date):
            return self.day(value)
        return _NONE if value is None or value != value else str(value)

    def period_of(self, column: str, value: Any) -> str:
        """A value of a period column in words: 11 in `month` is November, 46 in `week` Week 46."""
        if isinstance(value, int) and not isinstance(value, bool):
            if column.endswith("month") and 1 <= value <= len(_MONTHS_OF_YEAR):
                return str(dates.format_date(date(2000, value, 1), "LLLL", locale=self.locale))
            return str(value) if column.endswith("year") else f"{self.label(column)} {value}"
        return self.period(value)

    def bytes(self, number: int) -> str:
        """A size in bytes in a readable unit."""
        unit = next(
            (power for power in range(len(_UNITS)) if number < 1000 ** (power + 1)),
            len(_UNITS) - 1,
        )
        amount = numbers.format_decimal(
            number / 1000**unit, "#,##0.#" if unit else "#,##0", self.locale
        )
        return f"{amount} {_UNITS[unit]}"

    def age(self, moment: datetime) -> str:
        """How long ago a moment was."""
        elapsed = max(timedelta(), datetime.now(UTC) - moment)
        if elapsed < timedelta(minutes=1):
            return self.say("just now")
        return str(
            dates.format_timedelta(-elapsed, add_direction=True, locale=self.locale, threshold=1.5)
        )

    def and_more(self, names: Sequence[str], most: int) -> str:
        """The first `most` names, and the number of further ones."""
        rest, first = len(names) - most, ", ".join(names[:most])
        return self.say("{names} and {rest} more", names=first, rest=rest) if rest > 0 else first

    @property
    def tag(self) -> str:
        """The locale as a BCP 47 language tag, for browsers."""
        return self.locale.replace("_", "-")


def identifying(column: str) -> bool:
    """Whether integers in a column of this name are identifiers.

    They are neither summed nor written with thousands separators.
    """
    return _IDENTIFYING.search(column) is not None


def period_start(value: object) -> date | None:
    """The first day of a quarter, month, week or day such as `2024-05`; None for another value.

    A year is a number, too: `2024` may count anything.
    """
    if not isinstance(value, str) or "-" not in value:
        return None
    try:
        return period_span(value)[0]
    except ValueError:
        return None


def _call(text: str) -> MetricCall | None:
    """A text parsed as a metric; None when it is a column."""
    try:
        return metric_call(text)
    except CallError:
        return None
