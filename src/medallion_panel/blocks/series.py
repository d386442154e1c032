"""The data of a line, area or bar chart: figures by x and series, then `show` applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import localcontext
from typing import Any

import pandas as pd

from medallion.contracts import Query, Sort
from medallion.query.metrics import metric_call
from medallion.query.stored_integers import EXACT
from medallion_panel.blocks.axes import in_order
from medallion_panel.blocks.block_context import BlockContext, NoRowsError, is_drawable, is_missing
from medallion_panel.blocks.periods import unfinished_note, unfinished_periods
from medallion_panel.blocks.series_show import on_scale, with_show, with_windows
from medallion_panel.series_settings import Bar, Chart
from medallion_panel.ui.rounding import round_width

MAX_GROUPS = 20_000  # of x and series in a query
MAX_POINTS = 5_000  # of x on a line
MAX_BARS = 400

_NUMBERS = ("integer", "decimal", "float")
_TIMES = ("date", "timestamp")
_COARSER = {
    "day": "{column} by day: there are too many values to draw each.",
    "month": "{column} by month: there are too many values to draw each.",
    "year": "{column} by year: there are too many values to draw each.",
}
_IN_STEPS = "{column} in steps of {width}: there are too many values to draw each."


@dataclass(frozen=True)
class SeriesData:
    """The data of a chart.

    `frame` has the columns x, y, series, unfinished (whether the period x is not over yet) and
    position (the number of x in the order of the axis), and raw, y itself, for a moving average.
    `exact` are the y of its rows as the release has them, and `exact_raw` the raw: decimals and
    integers of any length, where those of the frame are floats to draw.
    `notes` say what is left out or combined. `term` is what x was grouped by, and `members` are the
    values of `by` that each series has. `xs` are the x of all figures before `show` was applied,
    and `windows` say for each row of the frame which of them it is made of. `axis` are the x in the
    order of the axis.
    """

    frame: pd.DataFrame
    exact: Sequence[Any]
    exact_raw: Sequence[Any]
    notes: list[str]
    term: str
    members: Mapping[str, Sequence[Any]]
    xs: Sequence[Any]
    windows: Sequence[slice]
    axis: Sequence[Any]

    @property
    def values(self) -> int:
        """How many values it contains."""
        return self.frame.size + len(self.exact) + len(self.exact_raw)

    def xs_behind(self, row: int) -> list[Any]:
        """The x whose figures make that of a row: several of a running total, average or growth."""
        return list(dict.fromkeys(self.xs[self.windows[row]]))


def series_data(
    block: Chart,
    context: BlockContext,
    like: SeriesData | None = None,
    *,
    same_axis: bool = False,
) -> SeriesData:
    """The data of a chart, computed once per release for all visitors with the same filters.

    Parameters: with `like`, the data is grouped by the same term, and has the same series, with
    `same_axis` also only the same x in their order. Raises NoRowsError when there is nothing to
    draw.
    """
    names = (like.term, tuple(dict.fromkeys(like.frame["series"]))) if like else None
    formats = context.formats  # kept with the data, so that its id stands for it
    xs = tuple(like.axis) if like and same_axis else None
    key = ("series", block, context.filters(block.table), names, xs, id(formats))
    _, data = context.store.derived(
        key, lambda: (formats, _read(block, context, like, xs)), lambda pair: pair[1].values
    )
    return replace(data, frame=data.frame.copy(), notes=list(data.notes))


def _read(
    block: Chart, context: BlockContext, like: SeriesData | None, xs: Sequence[Any] | None
) -> SeriesData:
    notes: list[str] = []
    rows, term = _groups(block, context, notes, like.term if like else "")
    frame = _frame(rows, block, context, notes)
    members: dict[str, list[Any]] = {}
    if _has_series(block):
        members = _members(rows, str(block.by), context)
        names = list(like.frame["series"]) if like else None
        frame = _largest_series(frame, block, context, notes, names)
        drawn, others = set(frame["series"]), context.others
        members[others] = [
            value
            for name, values in members.items()
            for value in values
            if name not in drawn or name == others
        ]
    all_x = {"sort": "x", "limit": MAX_POINTS}
    if xs is not None:
        frame = _placed(frame, xs)
    else:
        frame = _sorted(frame, block.model_copy(update=all_x) if like else block, context, notes)
    axis = list(dict.fromkeys(frame.sort_values("position")["x"]))
    created = context.store.last_release().created
    x = context.column(block.table, block.x)
    frame["unfinished"] = unfinished_periods(list(frame["x"]), x, created)
    xs = list(frame["x"])
    frame = with_show(with_windows(frame, block), block, context.formats.say)
    frame = on_scale(frame, block, context.formats.say, notes)
    windows = list(map(slice, frame.pop("first"), frame.pop("end")))
    periods = dict.fromkeys(frame["x"][frame["unfinished"]])
    if periods:
        names = [context.formats.period(value) for value in periods]
        notes.append(unfinished_note(names, context.formats))
    exact = list(frame.pop("exact"))
    exact_raw = list(frame.pop("exact_raw")) if "exact_raw" in frame else ()
    return SeriesData(frame, exact, exact_raw, notes, term, members, xs, windows, axis)


def _has_series(block: Chart) -> bool:
    return block.by is not None and block.by != block.x


def _frame(
    rows: list[dict[str, Any]], block: Chart, context: BlockContext, notes: list[str]
) -> pd.DataFrame:
    """The rows that can be drawn as columns x, series and y, with notes on the others."""
    x = context.column(block.table, block.x)
    kind = context.kind(block.table, x)
    numeric = kind is not None and kind.name in (*_NUMBERS, *_TIMES)
    label, say = context.formats.label, context.formats.say
    if numeric and any(is_missing(row[x]) for row in rows):
        notes.append(say("Rows without {column} are not drawn.", column=label(x)))
    numbers = (value for row in rows for value in (row["_y"], row[x]))
    if any(not is_missing(value) and not is_drawable(value) for value in numbers):
        notes.append(say("Infinite values are not drawn."))
    values = []
    for row in rows:
        has_x = is_drawable(row[x]) or (is_missing(row[x]) and not numeric)
        if has_x and is_drawable(row["_y"]):
            position = context.no_value if is_missing(row[x]) else row[x]
            series = context.series(row[str(block.by)]) if _has_series(block) else label(block.y)
            values.append((position, series, float(row["_y"]), row["_y"]))
    if not values:
        raise NoRowsError
    frame = pd.DataFrame(values, columns=["x", "series", "y", "exact"])
    return frame.astype({"exact": object})


def _members(rows: list[dict[str, Any]], by: str, context: BlockContext) -> dict[str, list[Any]]:
    """The values that have the name of each series."""
    members: dict[str, list[Any]] = {}
    for value in {row[by] for row in rows}:
        members.setdefault(context.series(value), []).append(value)
    return members


def _groups(
    block: Chart, context: BlockContext, notes: list[str], only: str = ""
) -> tuple[list[dict[str, Any]], str]:
    """The figures by x and series, by a coarser x where there are more than can be drawn, and the
    term of x, which is `only` where it is given.
    """
    column = context.column(block.table, block.x)
    rows: list[dict[str, Any]] = []
    by: tuple[str, ...] = ()
    remark = ""
    terms = [(only, "")] if only else _terms(block, context)
    for term, remark in terms:  # noqa: B007 (the last one is used below)
        by = (term, str(block.by)) if _has_series(block) else (term,)
        query = Query(filters=context.filters(block.table), limit=MAX_GROUPS + 1)
        rows = context.store.group(block.table, by, {"_y": block.metric}, query)
        few_enough = block.limit or len({row[column] for row in rows}) <= _max_x(block)
        if len(rows) <= MAX_GROUPS and few_enough:
            break
    if remark:
        notes.append(remark)
    if len(rows) > MAX_GROUPS:
        by_size = (Sort("_y", descending=True),)
        largest = Query(context.filters(block.table), by_size, limit=MAX_GROUPS)
        rows = context.store.group(block.table, by, {"_y": block.metric}, largest)
        message = "Only the {most} largest figures are drawn."
        notes.append(context.formats.say(message, most=MAX_GROUPS))
    return rows, by[0]


def _max_x(block: Chart) -> int:
    """The number of x that can be drawn."""
    return block.limit or (MAX_BARS if isinstance(block, Bar) else MAX_POINTS)


def _terms(block: Chart, context: BlockContext) -> Sequence[tuple[str, str]]:
    """What x can be grouped by, from fine to coarse, each with a note on that."""
    kind = context.kind(block.table, block.x)
    plain = (block.x, "")
    if kind is None or block.limit:
        return [plain]
    if kind.name in _TIMES:
        names = ("day", "month", "year") if kind.name == "timestamp" else ("month", "year")
        label = context.formats.label(block.x)
        notes = [context.formats.say(_COARSER[name], column=label) for name in names]
        terms = [f"{name}({block.x})" for name in names]
        return [plain, *zip(terms, notes, strict=True)]
    if kind.name in _NUMBERS:
        low, high = context.store.bounds(block.table, block.x)
        if low is not None:
            width = round_width(low, high, MAX_BARS, kind)
            words = {"column": context.formats.label(block.x), "width": str(width)}
            return [plain, (f"bin({block.x}, {width})", context.formats.say(_IN_STEPS, **words))]
    return [plain]


def _largest_series(
    frame: pd.DataFrame,
    block: Chart,
    context: BlockContext,
    notes: list[str],
    names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """The largest series, largest first; the others summed into one if additive, else left out.

    Parameters: `names`, those of the series in place of the largest.
    """
    ranked = frame.groupby("series")["y"].sum().sort_values(ascending=False).index.tolist()
    additive = metric_call(block.metric).additive
    largest = ranked if len(ranked) <= block.series + additive else ranked[: block.series]
    others = context.others
    if names is not None:
        largest = [name for name in dict.fromkeys(names) if name != others]
    order = {series: position for position, series in enumerate([*largest, others])}
    if not additive and not set(ranked) <= set(largest):
        rest = len(set(ranked) - set(largest))
        message = "{rest} more series are not drawn: their figures cannot be combined."
        notes.append(context.formats.say(message, rest=rest))
        frame = frame[frame["series"].isin(largest)]
    frame = frame.assign(series=frame["series"].where(frame["series"].isin(largest), others))
    if additive:
        groups = frame.groupby(["x", "series"], as_index=False, sort=False)
        with localcontext(EXACT):
            frame = groups[["y", "exact"]].sum()
    keyed = frame.assign(_order=frame["series"].map(order)).sort_values("_order", kind="stable")
    ordered: pd.DataFrame = keyed.drop(columns="_order").reset_index(drop=True)
    return ordered


def _sorted(
    frame: pd.DataFrame, block: Chart, context: BlockContext, notes: list[str]
) -> pd.DataFrame:
    """The frame in order of x or of the sum of y, limited to what can be drawn, with a note."""
    if block.sort.endswith("y"):
        sums = frame.groupby("x")["y"].sum().sort_values(ascending=block.sort == "y", kind="stable")
        xs: list[Any] = sums.index.tolist()
    else:
        none = context.no_value
        last = [none] if none in set(frame["x"]) else []
        values = [value for value in frame["x"] if value != none]
        xs = [*in_order(values, block.order), *last]
        xs = xs[::-1] if block.sort == "-x" else xs
    limit = _max_x(block)
    if len(xs) > limit:
        message = "The first {limit} of {total}; {rest} more are not drawn."
        words = {"limit": limit, "total": len(xs), "rest": len(xs) - limit}
        notes.append(context.formats.say(message, **words))
    return _placed(frame, xs[:limit])


def _placed(frame: pd.DataFrame, xs: Sequence[Any]) -> pd.DataFrame:
    """The rows of these x, each with its `position` among them."""
    positions = {value: number for number, value in enumerate(xs)}
    frame = frame[frame["x"].isin(positions)]
    if frame.empty:
        raise NoRowsError
    names = {name: number for number, name in enumerate(dict.fromkeys(frame["series"]))}
    keyed = frame.assign(_series=frame["series"].map(names), position=frame["x"].map(positions))
    return keyed.sort_values(["_series", "position"]).drop(columns="_series").reset_index(drop=True)
