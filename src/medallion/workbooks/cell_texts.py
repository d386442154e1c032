"""Values of cells as text: numbers and dates as a spreadsheet shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite

_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?")
_WHOLE = re.compile(r"-?\d{1,400}")
_DATES = {*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)}  # built-in formats
_ELAPSED = 46  # the built-in format [h]:mm:ss
_HOURS = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_LITERALS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_ZEROS = re.compile(r"0{2,}")
_FIRST_DAY = datetime(1899, 12, 30)
_FIRST_DAY_1904 = datetime(1904, 1, 1)
_LEAP_DAY = 60  # the 29th of February 1900, which Excel counts
_LAST_DAY = 2_958_466  # the first of January 10000
_DIGITS = 15  # significant ones, which a spreadsheet shows of a number


class CellValue(str):
    """The text of a cell that is not text: of a number, a date or a truth value."""

    __slots__ = ()


class CellError(str):
    """The error that a formula resulted in, such as `#N/A`."""

    __slots__ = ()


@dataclass(frozen=True)
class NumberFormat:
    """How a number is shown: as a date or time, as elapsed time, or with leading zeros."""

    is_date: bool = False
    is_elapsed: bool = False
    digits: int = 0


def number_format(number: int, code: str) -> NumberFormat:
    """The format of a number, with a code of its own or built in."""
    plain = _LITERALS.sub("", code.partition(";")[0]).lower()
    if number == _ELAPSED or _HOURS.search(code):
        return NumberFormat(is_elapsed=True)
    if number in _DATES or re.search("[ymdhs]", plain.replace("general", "")):
        return NumberFormat(is_date=True)
    return NumberFormat(digits=len(plain) if _ZEROS.fullmatch(plain) else 0)


def shown(text: str, form: NumberFormat, *, from_1904: bool) -> CellValue:
    """A number as text, in its format. Raises ValueError for a text that is not a number."""
    if form.is_date:
        return CellValue(moment_text(float(text), from_1904=from_1904))
    if form.is_elapsed:
        return CellValue(elapsed_text(timedelta(days=_days(float(text)))))
    number = number_text(text)
    if form.digits and number.isdecimal():
        return CellValue(number.zfill(form.digits))
    return CellValue(number)


def number_text(text: str) -> str:
    """A number without an exponent and without the noise of binary fractions: `0.1`, `1200`."""
    if len(text) <= _DIGITS and _PLAIN.fullmatch(text):
        return text
    if _WHOLE.fullmatch(text):
        return str(int(text))
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text[:40]!r} is not a number of a spreadsheet")
    rounded = Decimal(f"{Decimal(repr(value)):.{_DIGITS}g}")
    plain = f"{rounded:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain == "-0" else plain


def moment_text(days: float, *, from_1904: bool) -> str:
    """A date, a time of day, or both, as in ISO 8601."""
    days = _days(days)
    seconds = round((days % 1) * 86_400, 3)
    if 0 <= days < 1:
        return (_FIRST_DAY + timedelta(seconds=seconds)).time().isoformat()
    first_day = _FIRST_DAY_1904 if from_1904 else _FIRST_DAY
    early = not from_1904 and days < _LEAP_DAY
    moment = first_day + timedelta(days=int(days // 1) + early, seconds=seconds)
    midnight = moment.time() == datetime.min.time()
    return moment.date().isoformat() if midnight else moment.isoformat(" ")


def elapsed_text(elapsed: timedelta) -> str:
    """Elapsed time in hours, minutes and seconds, such as `30:15:00`."""
    sign = "-" if elapsed < timedelta() else ""
    milliseconds = round(abs(elapsed) / timedelta(milliseconds=1))
    minutes, rest = divmod(milliseconds, 60_000)
    seconds, thousandths = divmod(rest, 1000)
    fraction = f".{thousandths:03}" if thousandths else ""
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}{fraction}"


def _days(days: float) -> float:
    """The days. Raises ValueError for a number that is not a date of a spreadsheet."""
    if not -_LAST_DAY < days < _LAST_DAY:
        raise ValueError(f"{days!r} is not a date of a spreadsheet")
    return days
