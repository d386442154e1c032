"""What the settings `show` and `scale` make of the figures of a chart."""

from __future__ import annotations

from decimal import localcontext
from typing import TYPE_CHECKING

from medallion.query.stored_integers import EXACT
from medallion_panel.blocks.block_context import NoRowsError
from medallion_panel.messages.messages import Messages
from medallion_panel.series_settings import Chart

if TYPE_CHECKING:
    import pandas as pd


_HIDDEN = (
    "{count} figure of zero or less is not drawn: the scale is logarithmic. | "
    "{count} figures of zero or less are not drawn: the scale is logarithmic."
)


def on_scale(frame: pd.DataFrame, block: Chart, say: Messages, notes: list[str]) -> pd.DataFrame:
    """The rows that the scale can show, with a note on the others. Raises NoRowsError."""
    hidden = frame["y"] <= 0
    if block.scale == "linear" or not hidden.any():
        return frame
    notes.append(say(_HIDDEN, count=int(hidden.sum())))
    if hidden.all():
        raise NoRowsError(notes[-1])
    return frame[~hidden].reset_index(drop=True)


def with_windows(frame: pd.DataFrame, block: Chart) -> pd.DataFrame:
    """The frame with the rows that `show` makes each figure of: from `first` to before `end`."""
    of_series = frame.groupby("series", sort=False).cumcount()  # rows of the series before each
    before = {"total": len(frame), "average": block.window - 1, "growth": 1}.get(block.show, 0)
    first = frame.index - of_series.clip(upper=before)
    return frame.assign(first=first, end=frame.index + 1)


def with_show(frame: pd.DataFrame, block: Chart, say: Messages) -> pd.DataFrame:
    """The frame with `show` applied to y and exact. Raises NoRowsError where there are too few
    periods.
    """
    groups = frame.groupby("series", sort=False)["y"]
    match block.show:
        case "share":
            total = frame.groupby("x")["y"].transform("sum") if block.by else frame["y"].sum()
            shares = frame["y"] / total
            return frame.assign(y=shares, exact=shares)
        case "growth":
            growth = groups.pct_change()
            grown = frame.assign(y=growth, exact=growth)
            usable = grown["y"].notna() & (grown["y"].abs() != float("inf")) & ~grown["unfinished"]
            if not usable.any():
                raise NoRowsError(say("Growth needs at least two periods that are over."))
            return grown[usable].reset_index(drop=True)
        case "total":
            with localcontext(EXACT):
                figures = frame.groupby("series", sort=False)["exact"]
                totals = figures.transform(lambda values: values.cumsum())
            return frame.assign(y=groups.cumsum(), exact=totals)
        case "average":
            mean = groups.transform(lambda values: values.rolling(block.window).mean())
            mean = mean.mask(frame["unfinished"])  # a part of a period would pull it down
            if not mean.notna().any():
                message = "An average of {window} needs at least as many values."
                raise NoRowsError(say(message, window=block.window))
            return frame.assign(y=mean, raw=frame["y"], exact=mean, exact_raw=frame["exact"])
    return frame
