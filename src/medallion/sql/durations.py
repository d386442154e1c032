"""Durations as ISO 8601 text: `PT1H30M`, `P1DT0.000001S`.

Parquet keeps a duration as a bare number, or as an INTERVAL cut to milliseconds; as text it keeps
every digit, and means the same in each store.
"""

from __future__ import annotations

UNITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}


def count_to_iso(value: str, unit: str) -> str:
    """SQL of a duration in days of 24 hours, from an integer of `s`, `ms`, `us` or `ns`.

    A negative duration begins with `-`.
    """
    places = UNITS[unit]
    count = f"abs(cast({value} as hugeint))"
    seconds, fraction = f"({count} // {10**places})", f"({count} % {10**places})"
    days = _part(f"({seconds} // 86400)", "D")
    clock = _clock(f"({seconds} % 86400)", fraction, places)
    sign = f"case when {value} < 0 then '-' else '' end"
    return f"case when {value} = 0 then 'PT0S' else {sign} || 'P' || {days} || {clock} end"


def interval_to_iso(value: str) -> str:
    """SQL of an INTERVAL as a duration; each part has its own sign, as in `P1M-2DT3H`."""
    parts = {
        name: f"datepart('{name}', {value})" for name in ("year", "month", "day", "hour", "minute")
    }
    microseconds = f"datepart('microsecond', {value})"
    date = " || ".join(_part(parts[name], name[0].upper()) for name in ("year", "month", "day"))
    hours, minutes = _part(parts["hour"], "H"), _part(parts["minute"], "M")
    sign = f"case when {microseconds} < 0 then '-' else '' end"
    seconds = _seconds(
        f"(abs({microseconds}) // 1000000)", f"(abs({microseconds}) % 1000000)", 6, sign
    )
    clock = f"{hours} || {minutes} || {seconds}"
    zero = f"{parts['hour']} = 0 and {parts['minute']} = 0 and {microseconds} = 0"
    text = f"'P' || {date} || case when {zero} then '' else 'T' || {clock} end"
    return f"case when {text} = 'P' then 'PT0S' else {text} end"


def _clock(seconds: str, fraction: str, places: int) -> str:
    hours, minutes = _part(f"({seconds} // 3600)", "H"), _part(f"({seconds} % 3600 // 60)", "M")
    rest = _seconds(f"({seconds} % 60)", fraction, places)
    zero = f"{seconds} = 0 and {fraction} = 0"
    return f"case when {zero} then '' else 'T' || {hours} || {minutes} || {rest} end"


def _part(number: str, letter: str) -> str:
    return f"case when {number} = 0 then '' else cast({number} as varchar) || '{letter}' end"


def _seconds(whole: str, fraction: str, places: int, sign: str = "''") -> str:
    digits = f"rtrim('.' || lpad(cast({fraction} as varchar), {places or 1}, '0'), '0')"
    decimals = f"case when {fraction} = 0 then '' else {digits} end"
    text = f"{sign} || cast({whole} as varchar) || {decimals} || 'S'"
    return f"case when {whole} = 0 and {fraction} = 0 then '' else {text} end"
