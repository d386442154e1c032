"""What the setting `show` makes of the figures of a chart: shares, growth, averages, totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion_panel.blocks.block_context import NoRowsError
from medallion_panel.messages.messages import Messages
from medallion_panel.series_settings import Chart

if TYPE_CHECKING:
    import pandas as pd


def with_windows(frame: pd.DataFrame, block: Chart) -> pd.DataFrame:
    """The frame with the rows that `show` makes each figure of: from `first` to before `end`."""
    of_series = frame.groupby("series", sort=False).cumcount()  # rows of the series before each
    before = {"total": len(frame), "average": block.window - 1, "growth": 1}.get(block.show, 0)
    first = frame.index - of_series.clip(upper=before)
    return frame.assign(first=first, end=frame.index + 1)


def with_show(frame: pd.DataFrame, block: Chart, say: Messages) -> pd.DataFrame:
    """The frame with `show` applied to y. Raises NoRowsError where there are too few periods."""
    groups = frame.groupby("series", sort=False)["y"]
    match block.show:
        case "share":
            total = frame.groupby("x")["y"].transform("sum") if block.by else frame["y"].sum()
            return frame.assign(y=frame["y"] / total)
        case "growth":
            grown = frame.assign(y=groups.pct_change())
            usable = grown["y"].notna() & (grown["y"].abs() != float("inf")) & ~grown["unfinished"]
            if not usable.any():
                raise NoRowsError(say("Growth needs at least two periods that are over."))
            return grown[usable].reset_index(drop=True)
        case "total":
            return frame.assign(y=groups.cumsum())
        case "average":
            mean = groups.transform(lambda values: values.rolling(block.window).mean())
            mean = mean.mask(frame["unfinished"])  # a part of a period would pull it down
            if not mean.notna().any():
                message = "An average of {window} needs at least as many values."
                raise NoRowsError(say(message, window=block.window))
            return frame.assign(y=mean, raw=frame["y"])
    return frame
