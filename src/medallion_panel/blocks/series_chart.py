"""The data, axes and tooltips that line, area and bar charts have in common."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from bokeh.models import FactorRange, Range1d

from medallion.query.condition_text import all_of
from medallion.query.metrics import metric_call
from medallion_panel.block_models import FormatName
from medallion_panel.blocks.axes import ChartStyle, log_range, new_figure, tick_logarithms
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.chart_figures import FigureColumn
from medallion_panel.blocks.marks import Mark, Marks, Term, mark_of, term_condition
from medallion_panel.blocks.periods import gaps_before
from medallion_panel.blocks.series import SeriesData, series_data
from medallion_panel.series_settings import Bar, Chart
from medallion_panel.ui.formats import period_start

if TYPE_CHECKING:
    from bokeh.plotting import figure


class SeriesChart:
    """The data of one chart and how it is shown.

    `frame` has the columns of `SeriesData.frame`, `text` (y, formatted) and `period` (x, in words);
    `names` are the x in words in the order of the axis; `colors` are by series. `stacked` says
    whether series are drawn on each other, and `has_scale` whether x are times or numbers. `mark`
    is the number of a row among `marks`.

    Parameters: the `block` and its `context`; with `names_as_x` the axis has names, even for dates
    and numbers; `whole` is the chart of all rows, whose x, series, colours and notes the chart has
    that shows a part of them. Raises NoRowsError when there are no rows.
    """

    def __init__(
        self,
        block: Chart,
        context: BlockContext,
        whole: SeriesChart | None = None,
        *,
        names_as_x: bool = False,
    ) -> None:
        like: SeriesData | None = whole.data if whole else None
        data = series_data(block, context, like, same_axis=True)
        if data.frame.empty:
            raise NoRowsError
        self.block = block
        self.horizontal = isinstance(block, Bar) and block.horizontal
        self.note = " ".join(note for note in data.notes if not like or note not in like.notes)
        grouped = isinstance(block, Bar) and block.grouped
        additive = metric_call(block.metric).additive
        self.stacked = additive and block.show != "growth" and not grouped
        self.logarithmic = block.scale == "log"
        self.style = ChartStyle(context.formats)
        percent = block.show in ("share", "growth")
        value_format = "percent" if percent else context.format(block.table, block.y, block.format)
        self._value_format: FormatName = value_format
        self._x_format = context.format(block.table, block.x)
        self._has_times, self._months = False, 0  # of a period, 0 where it is shorter
        self.data: SeriesData = data
        self.context = context
        self.frame = self._with_texts(data.frame, context, names_as_x)
        self.frame["mark"] = range(len(self.frame))
        self.names = list(dict.fromkeys(self.frame.sort_values("position")["period"]))
        series = list(dict.fromkeys(self.frame["series"]))
        colors = context.colors(block.table, block.by, series) if block.by else {}
        single = context.palette.single
        colors = whole.colors if whole is not None else colors
        self.colors: dict[str, str] = {name: colors.get(name, single) for name in series}
        self.legend_colors = whole.colors if whole else self.colors
        self._members = (like or data).members
        self.x_label, self.y_label = map(context.formats.label, (block.x, block.y))
        self.tooltips = [("", "@series")] if len(series) > 1 else []
        self.tooltips += [(self.x_label, "@period"), (self.y_label, "@text")]

    def _with_texts(
        self, frame: pd.DataFrame, context: BlockContext, names_as_x: bool
    ) -> pd.DataFrame:
        """The frame with `text` and `period`, and x as the axis has it: times, numbers or names."""
        frame["text"] = [self.write(value) for value in frame["y"]]
        frame["period"] = [context.formats.period(value) for value in frame["x"]]
        xs = [period_start(value) or value for value in frame["x"]]
        self._has_times = not names_as_x and all(hasattr(value, "isoformat") for value in xs)
        self._months = max(map(_months, frame["x"])) if self._has_times else 0
        self.has_scale = self._has_times or (not names_as_x and all(map(_is_number, xs)))
        frame["x"] = self.axis_values(frame["x"])
        return frame

    def axis_values(self, xs: pd.Series) -> pd.Series:
        """Values of x as the axis has them: times, numbers or names."""
        if self._has_times:
            times = pd.Series(map(self._time, xs), xs.index, dtype=object)
            return pd.Series(pd.to_datetime(times, utc=True).dt.tz_localize(None))
        return xs.infer_objects() if self.has_scale else xs.map(self.context.formats.period)

    def _time(self, x: Any) -> Any:
        """A date, or a moment as a clock in the dashboard's time zone shows it."""
        start = period_start(x)
        if start is not None:
            return start
        return self.context.formats.wall_time(x) if isinstance(x, datetime) else x

    def write(self, value: Any) -> str:
        """A figure in words."""
        return self.context.formats.writer(self._value_format, short=True)(value)

    def figure(self, factors: FactorRange | None = None) -> figure:
        """An empty figure with styled axes; `factors` is the range of the axis of names."""
        ranges: dict[str, Any] = {}
        if self._has_times:
            ranges["x_axis_type"] = "datetime"
            if self.frame["x"].nunique() == 1:  # a range of no width has no ticks
                (only,), month = self.frame["x"].unique(), pd.Timedelta(days=31)
                ranges["x_range"] = Range1d(pd.Timestamp(only) - month, pd.Timestamp(only) + month)
        elif factors is not None:
            ranges["y_range" if self.horizontal else "x_range"] = factors
        elif any(isinstance(value, str) for value in self.frame["x"]):
            ranges["x_range"] = FactorRange(*self.names)
        if self.logarithmic:
            ranges["x_axis_type" if self.horizontal else "y_axis_type"] = "log"
        plot = new_figure(self.block.height, **ranges)
        if self.horizontal:
            self.style.style_axes(plot, x=self._value_format, ticks=3)
        else:
            numeric = not self._has_times and not isinstance(plot.x_range, FactorRange)
            x_format = self._x_format if numeric else None
            self.style.style_axes(plot, x=x_format, y=self._value_format)
            plot.xgrid.grid_line_color = None
        return plot

    @property
    def base(self) -> float:
        """Where bars begin: at zero, or on a logarithmic axis below all figures."""
        return float(self.frame["y"].min()) / 1000 if self.logarithmic else 0.0

    def set_range(self, plot: Any, drawn: pd.Series) -> None:
        """Set the range of the axis of figures: with zero, unless it is logarithmic."""
        low, high = min(float(drawn.min()), 0), max(float(drawn.max()), 0)
        room = (high - low) * 0.06 or 1.0
        span = Range1d(low - room if low < 0 else 0, high + room)
        axis, grid = (plot.xaxis, plot.xgrid) if self.horizontal else (plot.yaxis, plot.ygrid)
        if self.logarithmic:
            positive = drawn[drawn > 0]
            span = log_range(positive.min(), positive.max())
            tick_logarithms(axis[0], grid[0], span.start, span.end)
        if self.horizontal:
            plot.x_range = span
        else:
            plot.y_range = span

    @property
    def rows(self) -> pd.DataFrame:
        """The frame in the order of the axis."""
        return self.frame.sort_values("position", kind="stable")

    def figures(self) -> list[FigureColumn]:
        """What it shows as a table, in the order of the axis."""
        frame, data = self.rows, self.data
        xs = [data.xs_behind(number)[-1] for number in frame["mark"]]
        columns = [FigureColumn(self.x_label, xs, self.context.series)]
        if len(self.colors) > 1 or self.data.members:
            title = self.context.formats.label(str(self.block.by))
            columns.append(FigureColumn(title, list(frame["series"]), str))
        write, title = self.context.formats.writer(self._value_format), self.y_label
        if "raw" in frame:
            raw = [data.exact_raw[number] for number in frame["mark"]]
            columns.append(FigureColumn(title, raw, write))
            title = self.context.formats.say("Average of {window}", window=self.block.window)
        return [*columns, FigureColumn(title, [data.exact[each] for each in frame["mark"]], write)]

    @property
    def marks(self) -> Marks:
        """A mark for each row of the frame."""
        return Marks(len(self.frame), self._mark)

    def _mark(self, number: int) -> Mark:
        row = self.frame.iloc[number]
        kinds = self.context.kinds(self.block.table)
        xs = [self._raw(x) for x in self.data.xs_behind(number)]
        conditions = [term_condition(kinds, self.data.term, xs)]
        names, terms = [str(row["period"])], [self._x_term(xs[-1])]
        if self.data.members:
            terms.append(self._series_term(str(row["series"])))
            conditions.append(term_condition(kinds, *terms[-1]))
            names.append(str(row["series"]))
        return Mark(" · ".join(names), str(row["text"]), all_of(conditions), terms=tuple(terms))

    def _x_term(self, x: Any) -> Term:
        return self.data.term, [x]

    def _series_term(self, series: str) -> Term:
        return str(self.block.by), self._members[series]

    @property
    def series_marks(self) -> tuple[Mark, ...]:
        """The marks of the entries of the legend, in its order."""
        if not self.data.members:
            return ()
        kinds = self.context.kinds(self.block.table)
        return tuple(mark_of(kinds, name, [self._series_term(name)]) for name in self.legend_colors)

    def _raw(self, x: Any) -> Any:
        """A value of x as the store has it."""
        return None if isinstance(x, str) and x == self.context.no_value else x

    def with_gaps(self, series: pd.DataFrame) -> pd.DataFrame:
        """A series with an empty row where periods are missing, so that no line crosses the gap."""
        gaps = self._gaps(series)
        if not any(gaps):
            return series
        ordered = series.sort_values("x").reset_index(drop=True)
        empty_rows = ordered[gaps].assign(y=np.nan)
        empty_rows.index = empty_rows.index - 0.5
        return pd.concat([ordered, empty_rows]).sort_index().reset_index(drop=True)

    def isolated(self, series: pd.DataFrame) -> pd.Series:
        """Which points have a gap on both sides, so that no line shows them."""
        gaps = pd.Series(self._gaps(series), index=series["x"].sort_values().index, dtype=bool)
        first = pd.Series([True, *gaps.iloc[1:]], index=gaps.index)
        last = pd.Series([*gaps.iloc[1:], True], index=gaps.index)
        return (first & last).reindex(series.index)

    def with_gap_edges(self, index: pd.Index) -> pd.Index:
        """The x of an area with the first and last missing period of every gap, where it is 0."""
        if not self._has_times:
            return index
        times = list(index.sort_values())
        months = pd.DateOffset(months=self._months or 1)
        step = months if self._months else min(b - a for a, b in pairwise(times))
        gaps = enumerate(gaps_before(times, months=bool(self._months)))
        after_gap = [number for number, is_gap in gaps if is_gap]
        edges = {
            edge
            for number in after_gap
            for edge in (times[number - 1] + step, times[number] - step)
        }
        return pd.DatetimeIndex(sorted({*times, *edges}))

    def _gaps(self, series: pd.DataFrame) -> list[bool]:
        """For every point of a series in the order of x, whether periods are missing before it."""
        if not self._has_times or self.block.sort.endswith("y"):
            return [False] * len(series)
        return gaps_before(list(series["x"].sort_values()), months=bool(self._months))


def is_adjacent(unfinished: pd.Series) -> pd.Series:
    """The unfinished points and those next to them."""
    before, after = (unfinished.shift(step, fill_value=False) for step in (-1, 1))
    return unfinished | before | after


def _months(value: Any) -> int:
    """The number of months that a period of text has; 0 for a week, a day and a time."""
    if not isinstance(value, str) or "W" in value or value.count("-") > 1:
        return 0
    return 3 if "Q" in value else 1


def _is_number(value: Any) -> bool:
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)
