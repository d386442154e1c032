"""Cells that a spreadsheet has rewritten: `7` in place of `007`, `1.23457E+19`, `02/01/2024`.

A spreadsheet reads the texts of a CSV file as numbers, dates and truth values, and saves them as it
shows them, also in cells that nobody has touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from decimal import MAX_EMAX, MIN_EMIN, ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

MOST_CHARACTERS = 32_767  # of a cell
SHOWN_DIGITS = 9  # at least, of a number with a fraction
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,9})?", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?(e[+-]?\d{1,9})?", re.IGNORECASE)
_SYMBOLS = re.compile(r"[\s'’$€£¥%()]")
_OTHER_SEPARATORS = str.maketrans(",.", ".,")
_LEADING_ZEROS = re.compile(r"\s*[+-]?0+\d")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?(?:\s*([ap])\.?m\b\.?)?", re.I)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
_MONTHS = (  # beginnings of their names in the languages of common spreadsheets
    "jan gen ene",
    "feb fev fév",
    "mar mär maa mrz",
    "apr abr avr",
    "may mai mag mei maj",
    "jun juin giu",
    "jul juil lug",
    "aug ago aoû aou",
    "sep set",
    "oct okt out ott",
    "nov",
    "dec dez dic déc des",
)
_TRUTHS = {
    **dict.fromkeys(("true", "wahr", "vrai", "verdadero", "vero", "waar", "verdadeiro"), True),
    **dict.fromkeys(("false", "falsch", "faux", "falso", "onwaar"), False),
}


class _Day(NamedTuple):
    """A reading of a date, in which a part may be missing."""

    year: int | None
    month: int
    day: int | None

    def agrees(self, other: _Day) -> bool:
        years = None in (self.year, other.year) or self.year == other.year
        days = None in (self.day, other.day) or self.day == other.day
        return years and days and self.month == other.month


def rewriting(old: str, new: str, *, invalid: bool = False) -> str | None:
    """What a spreadsheet has done to a cell, if its change looks like that; otherwise None.

    Parameters: `invalid` says that the value had to be corrected, and that the change may be its
    correction: then a text that cannot be read as a number may become one, and a date may become
    one of ISO 8601.
    """
    if len(new) >= MOST_CHARACTERS and old.startswith(new):
        return f"cut off after {len(new):,} characters"
    if not invalid and _TRUTHS.get(old.strip().lower(), old) == _TRUTHS.get(new.strip().lower()):
        return "the same truth value in another spelling"
    return _number_change(old, new, invalid) or _date_change(old, new, invalid)


def _number_change(old: str, new: str, strict: bool) -> str | None:
    pairs = [(one, other) for one in _numbers(old, strict) for other in _numbers(new, strict)]
    if any(one == other for one, other in pairs):
        lost, added = (
            _LEADING_ZEROS.match(one) and not _LEADING_ZEROS.match(other)
            for one, other in ((old, new), (new, old))
        )
        if added:
            return None
        return "leading zeros are lost" if lost else "the same number in another spelling"
    least = 1 if "e" in new.lower() else SHOWN_DIGITS
    return "digits are lost" if any(_is_rounded(*pair, least) for pair in pairs) else None


def _numbers(text: str, strict: bool) -> Iterator[Decimal]:
    """The numbers that a text may be, with a decimal point or comma."""
    bare = text.strip()
    if strict:
        if _PLAIN.fullmatch(bare):
            yield Decimal(bare)
        return
    negative = bare.startswith("(") and bare.endswith(")")
    digits = _SYMBOLS.sub("", bare)
    for each in dict.fromkeys((digits, digits.translate(_OTHER_SEPARATORS))):
        plain = each.replace(",", "")
        if _GROUPED.fullmatch(each) and _PLAIN.fullmatch(plain):
            sign, figures, exponent = Decimal(plain).as_tuple()
            place = int(exponent) - 2 * ("%" in bare)
            yield Decimal((1 if negative else sign, figures, place))


def _is_rounded(number: Decimal, other: Decimal, least: int) -> bool:
    """Whether the other number is this one with fewer digits, but at least some."""
    digits = max(_digits(other), least)
    return _digits(number) > digits and any(
        Context(digits, rounding, MIN_EMIN, MAX_EMAX, traps=[]).plus(number) == other
        for rounding in (ROUND_HALF_UP, ROUND_DOWN)
    )


def _digits(number: Decimal) -> int:
    return len("".join(map(str, number.as_tuple().digits)).strip("0"))


def _date_change(old: str, new: str, invalid: bool) -> str | None:
    if invalid and _ISO.fullmatch(new) and not _ISO.fullmatch(old):
        return None
    if not _same_time(old, new):
        return None
    before, after = _without_time(old), _without_time(new)
    if before == after == "":
        return "the same time in another spelling"
    whole = any(len(_parts(each)) == 3 or re.search(r"[^\W\d]", each) for each in (before, after))
    same = any(day.agrees(other) for day in _days(before) for other in _days(after))
    if not whole or not same or _is_permuted(before, after):
        return None
    return "the same date in another spelling"


def _without_time(text: str) -> str:
    """The text before the time of day, which may have a `T` before it."""
    return re.sub(r"(?<=\d)T$", "", _TIME.split(text, maxsplit=1)[0].strip())


def _same_time(old: str, new: str) -> bool:
    times = [_TIME.search(text) for text in (old, new)]
    one, other = ([0, 0, None] if time is None else _clock(time) for time in times)
    missing = times[1] is None  # a date is shown without its time
    seconds = None in (one[2], other[2]) or one[2] == other[2]
    return missing or (one[:2] == other[:2] and seconds)


def _clock(time: re.Match[str]) -> list[int | None]:
    hour, minute, second, half = time.groups()
    afternoon = 12 * ((half or "").lower() == "p")
    return [
        int(hour) % 12 + afternoon if half else int(hour),
        int(minute),
        int(second[:2]) if second else None,
    ]


def _parts(text: str) -> list[str]:
    return re.findall(r"\d+|[^\W\d_]+", text)


def _is_permuted(old: str, new: str) -> bool:
    """Whether a date has the same parts in another order, which no spreadsheet does."""
    parts, new_parts = _parts(old), _parts(new)
    separators = [re.sub(r"\w", "", text) for text in (old, new)]
    return (
        separators[0] == separators[1] and parts != new_parts and sorted(parts) == sorted(new_parts)
    )


def _days(text: str) -> list[_Day]:
    """The dates that a text may be: day first, month first, or year first, or two of them."""
    parts, orders = _parts(text), {3: ("ymd", "dmy", "mdy"), 2: ("dm", "md", "my", "ym")}
    words = [part for part in parts if not part.isdecimal()]
    if len(words) > 1 or len(text) > 40 or re.sub(r"[\w\s./,-]", "", text):
        return []
    readings = []
    for order in orders.get(len(parts), ()):
        with suppress(ValueError):
            values = dict(zip(order, parts, strict=True))
            readings.append(_Day(_year(values, words), _month(values["m"]), _day(values)))
    return readings


def _year(values: dict[str, str], words: list[str]) -> int | None:
    year = values.get("y")
    if year is None:
        return None
    if len(year) not in ((1, 2, 4) if len(values) == 3 or words else (4,)):
        raise ValueError(year)
    return int(year) % 100


def _month(part: str) -> int:
    for number, beginnings in enumerate(_MONTHS, 1):
        if not part.isdecimal() and part.lower().startswith(tuple(beginnings.split())):
            return number
    return _in_range(part, 12)


def _day(values: dict[str, str]) -> int | None:
    return _in_range(values["d"], 31) if "d" in values else None


def _in_range(part: str, largest: int) -> int:
    if not 1 <= int(part) <= largest:
        raise ValueError(part)
    return int(part)
