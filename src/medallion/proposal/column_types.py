"""The type that the texts of a column have, and how many of them have it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from medallion.proposal.column_values import VALUE, ColumnValues, Share
from medallion.sql.casting import DateFormats, read
from medallion.sql.number_formats import Numbers
from medallion.sql.relations import literal

ENOUGH = 0.8  # the share of values that a type must fit
MARGIN = 2  # digits that a decimal has before the point in addition to those seen
USUAL_DIGITS, LARGEST_DIGITS, LARGEST_SCALE = 12, 18, 6
ADDED = 0.01  # the share of values for which another format is declared

_ORDERS = ("%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d")
_NUMERIC = {form.replace("/", separator) for form in _ORDERS for separator in "/.-"} - {"%Y-%m-%d"}
_NAMED = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
_DATES = (*sorted(_NUMERIC), *_NAMED, "%Y%m%d", "%d/%m/%y", "%m/%d/%y")
_DATED = "[0-9]+[/. -][0-9A-Za-z]+[/., -]+[0-9]+|[A-Za-z]+ [0-9]+, [0-9]+|(19|20)[0-9]{6}"
_OTHER_THOUSANDS = (" ", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "'")
_TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
_WORDS = "lower(\"value\") in ('true', 'false', 't', 'f', 'yes', 'no', 'y', 'n')"
_LEADING_ZERO = f"regexp_matches({VALUE}, '^[+-]?0[0-9]')"

Target = str | Mapping[str, Any]


@dataclass(frozen=True)
class TypeProposal:
    """What `cast` may be declared for a column; `also` are date formats that fit as many values."""

    target: Target
    share: Share
    also: tuple[str, ...] = ()


def propose_type(values: ColumnValues) -> TypeProposal | None:
    """The first type that fits enough of the texts; None for a column that is to stay as it is."""
    if not values.is_text or not values.meant:
        return None
    for proposal in _candidates(values):
        if proposal.share.total and proposal.share.fraction >= ENOUGH:
            return proposal
    return None


def _candidates(values: ColumnValues) -> Iterator[TypeProposal]:
    words = values.share(_WORDS)
    if words.fraction >= ENOUGH:
        yield _fitting(values, "boolean")
    yield from _dates(values)
    if values.share(_LEADING_ZERO).fitting and not _has_point(values):
        return  # codes such as 00123, which a number would change
    yield _fitting(values, "integer")
    for notation in ({}, {"thousands": ","}, {"decimal": ","}, {"decimal": ",", "thousands": "."}):
        yield from _decimal(values, notation)
    for mark in _OTHER_THOUSANDS:
        if values.share(f"contains({VALUE}, {literal(mark)})").fitting:
            yield from _decimal(values, {"thousands": mark})
            yield from _decimal(values, {"decimal": ",", "thousands": mark})
    yield _fitting(values, "float")
    yield from _timestamps(values)


def _fitting(values: ColumnValues, target: Target) -> TypeProposal:
    return TypeProposal(target, values.share(_fits(values, target)))


def _fits(values: ColumnValues, target: Target) -> str:
    """SQL that is true for the values that `cast` reads as the target."""
    adapter: TypeAdapter[Any] = TypeAdapter(
        str if isinstance(target, str) else Numbers if "type" in target else DateFormats
    )
    reading = read(adapter.validate_python(target), VALUE, values.type)
    return f"not ({reading.refused})" if reading else "true"


def _has_point(values: ColumnValues) -> bool:
    return bool(values.share(f"contains({VALUE}, '.') or contains({VALUE}, ',')").fitting)


def _decimal(values: ColumnValues, notation: Mapping[str, str]) -> Iterator[TypeProposal]:
    """A decimal with as many digits after the point as the values have, and room before it."""
    numbers = Numbers.model_validate({"type": "decimal(38,9)", **notation})
    fits = numbers.fits(VALUE)
    plain = numbers.plain(VALUE)
    scale = values.largest(f"length(rtrim(regexp_extract({plain}, '[.]([0-9]*)$', 1), '0'))", fits)
    written = values.largest(f"length(regexp_extract({plain}, '[.]([0-9]*)$', 1))", fits)
    whole = values.largest(f"length(regexp_extract({plain}, '^[+-]?0*([0-9]*)', 1))", fits)
    scale = max(scale, min(written, 2))
    digits = max(whole + MARGIN + scale, USUAL_DIGITS)
    if scale > LARGEST_SCALE or digits > LARGEST_DIGITS or not (scale or notation):
        return
    type_ = f"decimal({digits},{scale})" if scale else "integer"
    yield _fitting(values, {"type": type_, **notation} if notation else type_)


def _dates(values: ColumnValues) -> Iterator[TypeProposal]:
    iso = values.share(_fits(values, {"date": ["iso"]}))
    shares = {"iso": iso} if iso.fitting else {}
    dated = values.share(f"regexp_full_match({VALUE}, '{_DATED}')")
    if iso.fraction < 1 and dated.fraction > 0:
        shares |= {form: values.share(_fits(values, {"date": [form]})) for form in _DATES}
    yield from _combined(values, "date", shares)


def _timestamps(values: ColumnValues) -> Iterator[TypeProposal]:
    iso: Target = {"timestamp": ["iso"]}
    yield _fitting(values, iso)
    yield _fitting(values, {"timestamp": ["iso"], "timezone": "UTC"})
    if not values.share(f"contains({VALUE}, ':')").fraction >= ENOUGH:
        return
    forms = [f"{date}{gap}{time}" for date in _DATES for gap in " T" for time in _TIMES]
    shares = {form: values.share(_fits(values, {"timestamp": [form]})) for form in forms}
    yield from _combined(values, "timestamp", shares)


def _combined(
    values: ColumnValues, kind: str, shares: Mapping[str, Share]
) -> Iterator[TypeProposal]:
    """The formats that read the most values, each after those before it have read theirs."""
    formats: list[str] = []
    share = Share(0, 0)
    also: tuple[str, ...] = ()
    while best := _best(values, kind, formats, shares, share):
        name, better = best
        if not formats:
            also = tuple(
                form
                for form, other in shares.items()
                if form != name and other.fitting == better.fitting and name != "iso"
            )
        formats.append(name)
        share = better
    if formats:
        yield TypeProposal({kind: formats}, share, also)


def _best(
    values: ColumnValues,
    kind: str,
    formats: list[str],
    shares: Mapping[str, Share],
    share: Share,
) -> tuple[str, Share] | None:
    """The format to add to others, and the share of values that all of them read."""
    for name, alone in sorted(shares.items(), key=lambda each: -each[1].fitting):
        if not alone.fitting or name in formats or _swapped(name) in formats:
            continue
        together = values.share(_fits(values, {kind: [*formats, name]}))
        if together.fitting - share.fitting >= ADDED * together.total:
            return name, together
    return None


def _swapped(form: str) -> str:
    """The format with day and month in the other order: no value says which one it is in."""
    return re.sub("%[dm]", lambda match: "%m" if match[0] == "%d" else "%d", form)
