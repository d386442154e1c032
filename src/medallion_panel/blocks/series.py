"""The figures of a line, area or bar chart: asked of the store by x and series, then shown as declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from medallion.contracts import Query, Sort
from medallion.query.metrics import metric_call
from medallion_panel.block_settings import Bar, Chart
from medallion_panel.blocks.axes import in_order
from medallion_panel.blocks.block_context import (
    NO_VALUE,
    BlockContext,
    NoRowsError,
    drawable,
    missing,
)
from medallion_panel.blocks.periods import unfinished_note, unfinished_periods
from medallion_panel.ui.rounding import nice_width
from medallion_panel.ui.series_colors import OTHERS

GROUPS = 20_000  # of x and series that a chart asks for
POINTS = 5_000  # of x on a line
BARS = 400

_NUMBERS = ("integer", "decimal", "float")
_TIMES = ("date", "timestamp")


@dataclass(frozen=True)
class SeriesData:
    """What a chart draws: columns x, y, series, unfinished, and place, the number of x in the order of the axis.

    `notes` say what it leaves out or puts together.
    """

    frame: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def series_data(block: Chart, reading: BlockContext) -> SeriesData:
    """Ask for a chart's figures. Raises NoRowsError, which says why where filters are not the reason."""
    notes: list[str] = []
    rows = _groups(block, reading, notes)
    x = reading.column(block.table, block.x)
    name = block.by if block.by and block.by != block.x else None
    numeric = (kind := reading.kind(block.table, x)) is not None and kind.name in (
        *_NUMBERS,
        *_TIMES,
    )
    label = reading.formats.label
    if numeric and any(missing(row[x]) for row in rows):
        notes.append(f"Rows without {label(x)} are not drawn.")
    if any(
        not missing(value) and not drawable(value) for row in rows for value in (row["_y"], row[x])
    ):
        notes.append("Infinite values are not drawn.")
    values = [
        (
            NO_VALUE if missing(row[x]) else row[x],
            reading.series(row[name]) if name else label(block.y),
            float(row["_y"]),
        )
        for row in rows
        if (drawable(row[x]) or (missing(row[x]) and not numeric)) and drawable(row["_y"])
    ]
    if not values:
        raise NoRowsError
    frame = pd.DataFrame(values, columns=["x", "series", "y"])
    if name:
        frame = _largest(frame, block, notes)
    frame = _sorted(frame, block, notes)
    created = reading.figures.seen().created
    frame["unfinished"] = unfinished_periods(list(frame["x"]), x, created)
    frame = _shown(frame, block)
    going = dict.fromkeys(frame["x"][frame["unfinished"]])
    notes += [unfinished_note([reading.formats.period(value) for value in going])] if going else []
    return SeriesData(frame, notes)


def _groups(block: Chart, reading: BlockContext, notes: list[str]) -> list[dict[str, Any]]:
    """The figures by x and series; by a coarser x where there are more than can be drawn."""
    most = block.limit or (BARS if isinstance(block, Bar) else POINTS)
    column = reading.column(block.table, block.x)
    rows: list[dict[str, Any]] = []
    by: tuple[str, ...] = ()
    coarser = ""
    for term, coarser in _terms(block, reading):  # noqa: B007 (the last one is used below)
        by = (term, block.by) if block.by and block.by != block.x else (term,)
        query = Query(filters=reading.filters(block.table), limit=GROUPS + 1)
        rows = reading.figures.group(block.table, by, {"_y": block.metric}, query)
        if len(rows) <= GROUPS and (block.limit or len({row[column] for row in rows}) <= most):
            break
    if coarser:
        notes.append(
            f"{reading.formats.label(column)} {coarser}: there are too many values to draw each."
        )
    if len(rows) > GROUPS:
        largest = Query(reading.filters(block.table), (Sort("_y", descending=True),), limit=GROUPS)
        rows = reading.figures.group(block.table, by, {"_y": block.metric}, largest)
        notes.append(f"Only the {GROUPS:,} largest figures are drawn.")
    return rows


def _terms(block: Chart, reading: BlockContext) -> Sequence[tuple[str, str]]:
    """What x can be grouped by, from fine to coarse, with how a note writes it."""
    kind = reading.kind(block.table, block.x)
    plain = (block.x, "")
    if kind is None or block.limit:
        return [plain]
    if kind.name in _TIMES:
        names = ("day", "month", "year") if kind.name == "timestamp" else ("month", "year")
        return [plain, *((f"{name}({block.x})", f"by {name}") for name in names)]
    if kind.name in _NUMBERS:
        low, high = reading.figures.bounds(block.table, block.x)
        if low is not None:
            width = nice_width(low, high, BARS, kind)
            return [plain, (f"bin({block.x}, {width})", f"in steps of {width}")]
    return [plain]


def _largest(frame: pd.DataFrame, block: Chart, notes: list[str]) -> pd.DataFrame:
    """The largest series by themselves, largest first; the rest as one where figures add up, else left out."""
    ranked = frame.groupby("series")["y"].sum().sort_values(ascending=False).index.tolist()
    additive = metric_call(block.metric).additive
    shown = ranked if len(ranked) <= block.series + additive else ranked[: block.series]
    order = {series: place for place, series in enumerate([*shown, OTHERS])}
    if len(shown) < len(ranked) and not additive:
        notes.append(
            f"{len(ranked) - len(shown):,} more series are not drawn: their figures cannot be put together."
        )
        frame = frame[frame["series"].isin(shown)]
    frame = frame.assign(series=frame["series"].where(frame["series"].isin(shown), OTHERS))
    if additive:
        frame = pd.DataFrame(frame.groupby(["x", "series"], as_index=False, sort=False)["y"].sum())
    keyed = frame.assign(_order=frame["series"].map(order)).sort_values("_order", kind="stable")
    ordered: pd.DataFrame = keyed.drop(columns="_order").reset_index(drop=True)
    return ordered


def _sorted(frame: pd.DataFrame, block: Chart, notes: list[str]) -> pd.DataFrame:
    """By x in its natural order, or by the sum of y; cut to what can be drawn of x, with a note."""
    if block.sort.endswith("y"):
        sums = frame.groupby("x")["y"].sum().sort_values(ascending=block.sort == "y", kind="stable")
        xs: list[Any] = sums.index.tolist()
    else:
        last = [NO_VALUE] if NO_VALUE in set(frame["x"]) else []
        xs = [*in_order([value for value in frame["x"] if value != NO_VALUE]), *last]
        xs = xs[::-1] if block.sort == "-x" else xs
    most = block.limit or (BARS if isinstance(block, Bar) else POINTS)
    if len(xs) > most:
        notes.append(f"The first {most:,} of {len(xs):,}; {len(xs) - most:,} more are not drawn.")
    place = {value: number for number, value in enumerate(xs[:most])}
    frame = frame[frame["x"].isin(place)]
    names = {name: number for number, name in enumerate(dict.fromkeys(frame["series"]))}
    keyed = frame.assign(_series=frame["series"].map(names), place=frame["x"].map(place))
    return keyed.sort_values(["_series", "place"]).drop(columns="_series").reset_index(drop=True)


def _shown(frame: pd.DataFrame, block: Chart) -> pd.DataFrame:
    """What `show` makes of y. Raises NoRowsError where it needs more periods than there are."""
    groups = frame.groupby("series", sort=False)["y"]
    match block.show:
        case "share":
            whole = frame.groupby("x")["y"].transform("sum") if block.by else frame["y"].sum()
            return frame.assign(y=frame["y"] / whole)
        case "growth":
            grown = frame.assign(y=groups.pct_change())
            usable = grown["y"].notna() & (grown["y"].abs() != float("inf")) & ~grown["unfinished"]
            if not usable.any():
                raise NoRowsError("Growth needs two periods that are over, and there are fewer.")
            return grown[usable].reset_index(drop=True)
        case "total":
            return frame.assign(y=groups.cumsum())
        case "average":
            mean = groups.transform(lambda values: values.rolling(block.window).mean())
            mean = mean.mask(
                frame["unfinished"]
            )  # it would fall with the part of a period that is there
            if not mean.notna().any():
                raise NoRowsError(
                    f"An average of {block.window} needs as many values, and there are fewer."
                )
            return frame.assign(y=mean, raw=frame["y"])
    return frame
