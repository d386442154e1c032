"""The figures of a line, area or bar chart: asked of the store by x and series, then shown as declared."""

from __future__ import annotations

from typing import Any

import pandas as pd

from medallion.contracts import Query
from medallion_panel.blocks.axes import in_order
from medallion_panel.blocks.reading import NoRowsError, Reading, drawable
from medallion_panel.section import Chart

OTHERS = "Others"

_MOST = 20_000


def frame_of(block: Chart, reading: Reading) -> pd.DataFrame:
    """Columns x, y and series, in the order they are to be drawn. Raises NoRowsError."""
    by = (block.x, block.by) if block.by and block.by != block.x else (block.x,)
    query = Query(filters=reading.filters(block.table), limit=_MOST)
    found = reading.figures.group(block.table, by, {"_y": block.y}, query)
    name = "" if len(by) == 1 else str(block.by)
    x = reading.column(block.table, block.x)
    rows = [
        (row[x], str(row[name]) if name else reading.formats.label(block.y), float(row["_y"]))
        for row in found
        if drawable(row[x]) and drawable(row["_y"])
    ]
    if not rows:
        raise NoRowsError
    frame = pd.DataFrame(rows, columns=["x", "series", "y"])
    if name:
        frame = _largest(frame, block.series)
    return _shown(_sorted(frame, block), block)


def _largest(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """The largest series by themselves, largest first, the rest as one."""
    ranked = frame.groupby("series")["y"].sum().sort_values(ascending=False).index.tolist()
    kept = ranked if len(ranked) <= most + 1 else ranked[:most]
    frame = frame.assign(series=frame["series"].where(frame["series"].isin(kept), OTHERS))
    order = {series: place for place, series in enumerate([*kept, OTHERS])}
    summed = frame.groupby(["x", "series"], as_index=False)["y"].sum()
    summed = summed.assign(_order=summed["series"].map(order)).sort_values(["_order", "x"])
    ordered: pd.DataFrame = summed.drop(columns="_order").reset_index(drop=True)
    return ordered


def _sorted(frame: pd.DataFrame, block: Chart) -> pd.DataFrame:
    """By x in its natural order, or by the sum of y; cut to `limit` of x."""
    if block.sort.endswith("y"):
        sums = frame.groupby("x")["y"].sum().sort_values(ascending=block.sort == "y", kind="stable")
        xs: list[Any] = sums.index.tolist()
    else:
        xs = in_order(frame["x"].tolist())
        xs = xs[::-1] if block.sort == "-x" else xs
    place = {value: number for number, value in enumerate(xs[: block.limit])}
    frame = frame[frame["x"].isin(place)]
    names = {name: number for number, name in enumerate(dict.fromkeys(frame["series"]))}
    keyed = frame.assign(_series=frame["series"].map(names), _x=frame["x"].map(place))
    return keyed.sort_values(["_series", "_x"]).drop(columns=["_series", "_x"]).reset_index(drop=True)


def _shown(frame: pd.DataFrame, block: Chart) -> pd.DataFrame:
    """What `show` makes of y."""
    groups = frame.groupby("series", sort=False)["y"]
    match block.show:
        case "share":
            whole = frame.groupby("x")["y"].transform("sum") if block.by else frame["y"].sum()
            return frame.assign(y=frame["y"] / whole)
        case "growth":
            grown = frame.assign(y=groups.pct_change())
            return grown[grown["y"].notna() & (grown["y"].abs() != float("inf"))].reset_index(drop=True)
        case "total":
            return frame.assign(y=groups.cumsum())
        case "average":
            mean = groups.transform(lambda values: values.rolling(block.window).mean())
            return frame.assign(y=mean, raw=frame["y"])
    return frame
