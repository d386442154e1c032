"""SQL that reads texts as dates and timestamps, by declared formats only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from medallion.errors import did_you_mean
from medallion.sql.relations import literal

Moment = Literal["date", "timestamp"]

ISO = "iso"
ISO_DATE = "%Y-%m-%d"

# Each directive: its meaning, and its length in characters (0: it varies).
DIRECTIVES: dict[str, tuple[str, int]] = {
    "%Y": ("year", 4), "%y": ("year", 2), "%-y": ("year", 0),
    "%m": ("month", 2), "%-m": ("month", 0), "%b": ("month", 3), "%B": ("month", 0),
    "%d": ("day", 2), "%-d": ("day", 0),
    "%j": ("day of the year", 3), "%-j": ("day of the year", 0),
    "%a": ("weekday", 3), "%A": ("weekday", 0),
    "%H": ("hour", 2), "%-H": ("hour", 0), "%I": ("hour", 2), "%-I": ("hour", 0),
    "%p": ("half of the day", 2),
    "%M": ("minute", 2), "%-M": ("minute", 0),
    "%S": ("second", 2), "%-S": ("second", 0), "%f": ("fraction", 0),
    "%z": ("offset", 0), "%Z": ("zone", 0),
}  # fmt: skip

_CLOCK_PARTS = ("hour", "half of the day", "minute", "second", "fraction")

# Directives without a separator: `2024105` could be month 10 or month 1, so only full widths match.
_PACKED = re.compile(r"%-?\w%")
_DIRECTIVE = re.compile(r"%-?.?", re.DOTALL)
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = "([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}([.][0-9]{1,6}0*)?)?"
# DuckDB reads offsets beyond 14 hours too, which do not exist.
_OFFSET = "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"


def check_format(text: str, moment: Moment) -> str:
    """The format, unchanged. Raises ValueError when it is malformed or incomplete."""
    if text == ISO:
        return text
    parts: set[str] = set()
    for directive in _DIRECTIVE.findall(text.replace("%%", "")):
        if directive not in DIRECTIVES:
            raise ValueError(
                f"{text!r}: {directive!r} is not a known directive; "
                f"there are {' '.join(DIRECTIVES)}"
            )
        part = DIRECTIVES[directive][0]
        if part in parts:
            raise ValueError(f"{text!r} has the {part} twice")
        parts.add(part)
    if "year" not in parts:
        raise ValueError(f"{text!r} has no year: every {moment} would be in 1900")
    if "day" in parts and "month" not in parts:
        raise ValueError(f"{text!r} has a day without its month")
    if re.search(r"%-?I", text) and "half of the day" not in parts:
        raise ValueError(f"{text!r} has an hour out of 12 without its half of the day, %p")
    if moment == "date" and parts & {"offset", "zone"}:
        raise ValueError(
            f"{text!r} has a time zone, on which the day would depend; use `timestamp`"
        )
    return text


def check_zone(name: str) -> str:
    """The name of a time zone, unchanged. Raises ValueError when it is unknown."""
    try:
        ZoneInfo(name)
    except (LookupError, OSError, ValueError) as error:
        known = available_timezones()
        if known:
            raise ValueError(f"there is no time zone {name!r}{_close(name, known)}") from error
    return name


def _close(name: str, known: set[str]) -> str:
    near = did_you_mean(name, known)
    return near if near.startswith("; did") else "; write one as Europe/Paris, or UTC"


def zoned(text: str) -> bool:
    """Whether a format contains the offset or zone."""
    return "%z" in text or "%Z" in text


def timed(text: str) -> bool:
    """Whether values of a format may have a time of day."""
    return text == ISO or any(
        DIRECTIVES[part][0] in _CLOCK_PARTS for part in _DIRECTIVE.findall(text.replace("%%", ""))
    )


def parsed(text: str, formats: Sequence[str], zone: str | None = None) -> str:
    """SQL of a text expression read as a timestamp, NULL when no format matches.

    A value with the length and separators of some formats is only tried by those, which takes a
    third of the time of trying all; any other value is tried by each in turn.
    """
    branches = [f"when {text} < '!' then null"]
    shapes = dict.fromkeys(filter(None, map(_shape, formats)))
    # The shape of `%Y%m%d` fits `31/01/24` too: shapes with more separators come first.
    for shape in sorted(shapes, key=lambda shape: shape.count("_")):
        tries = [
            _shaped(text, form, zone, shape)
            for form in formats
            if _overlap(_shape(form) or shape, shape)
        ]
        branches.append(f"when {text} like {literal(shape)} then {_first(tries)}")
    rest = _first(
        [
            _careful(text, form, zone)
            for form in formats
            if not (_shape(form) and _PACKED.search(form))
        ]
    )
    return f"case {' '.join(branches)} else {rest} end"


def _first(tries: list[str]) -> str:
    if not tries:
        return "null"
    return tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})"


def _shape(text: str) -> str | None:
    """The LIKE pattern of a format whose values all have one length and the same separators."""
    rest = _DIRECTIVE.sub("", text)
    widths = [
        DIRECTIVES[directive][1]
        for directive in _DIRECTIVE.findall(text)
        if directive in DIRECTIVES
    ]
    if text == ISO or "%%" in text or set(rest) & set("_\\") or 0 in widths:
        return None
    return _DIRECTIVE.sub(lambda match: "_" * DIRECTIVES[match[0]][1], text)


def _overlap(one: str, other: str) -> bool:
    """Whether a format of one shape may read values of another: a `T` may be of a `%b`."""
    return len(one) == len(other) and all(
        left == right or ("_" in (left, right) and (left + right).strip("_").isalnum())
        for left, right in zip(one, other, strict=True)
    )


def _shaped(text: str, form: str, zone: str | None, shape: str) -> str:
    """One format on a value of a shape that its own shape, if it has one, overlaps."""
    own = _shape(form)
    if own is None:
        return _careful(text, form, zone)
    read = _try(text, form, zone)
    return read if own == shape else f"(case when {text} like {literal(own)} then {read} end)"


def _try(text: str, form: str, zone: str | None) -> str:
    """One format. The bar keeps DuckDB from skipping trailing spaces and from reading `epoch`."""
    if form == ISO:
        return _iso(text, zone)
    if form.endswith("%z"):
        text = f"(case when {text} like '%Z' then left({text}, -1) || '+00' else {text} end)"
    read = f"try_strptime({text} || '|', {literal(form + '|')})"
    if form.endswith("%z"):
        read = f"(case when regexp_matches({text}, '{_OFFSET}$') then {read} end)"
    return f"({read} at time zone {literal(zone)})" if zone and not zoned(form) else read


def _careful(text: str, form: str, zone: str | None) -> str:
    """One format on a value of another shape, where `%Y` would read `24` as the year 24."""
    read = _try(text, form, zone)
    return read if form == ISO else f"(case when {read} >= '1000-01-01' then {read} end)"


def _iso(text: str, zone: str | None) -> str:
    naive = f"regexp_full_match({text}, '{_DAY}([T ]{_CLOCK})?')"
    if zone is None:
        return f"(case when {naive} then try_cast({text} as timestamp) end)"
    local = f"try_cast({text} as timestamp) at time zone {literal(zone)}"
    exact = f"regexp_full_match({text}, '{_DAY}[T ]{_CLOCK}{_OFFSET}')"
    return f"(case when {naive} then {local} when {exact} then try_cast({text} as timestamptz) end)"
