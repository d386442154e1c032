"""What a block cannot draw, by the types of its columns: found before a run, for every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, TypeAlias

from medallion.errors import CallError
from medallion.query.aggregation import NUMBERS, parse_metric, parse_term, term_column
from medallion.query.column_types import Kind
from medallion_panel.block_models import TableBlock
from medallion_panel.block_settings import Groups, Heatmap, Histogram, Kpi, Rows, Scatter, WorldMap
from medallion_panel.plot_settings import BoxPlot, PointMap
from medallion_panel.series_settings import Chart
from medallion_panel.table_settings import PivotBlock

Kinds: TypeAlias = Mapping[str, Kind]
Fault: TypeAlias = tuple[tuple[str | int, ...], str]

# What the text in a field of a block is: `term`, a column or a part of its dates, such as
# `month(day)`, that rows are grouped by; `metric`; `figure`, a metric that is a number; and columns
# of a kind.
Role = Literal["term", "metric", "figure", "number", "ordered", "text"]

ROLES: Mapping[type[TableBlock], Mapping[str, Role]] = {
    Kpi: {"value": "metric", "weight": "number", "over": "term"},
    Chart: {"x": "term", "y": "figure", "by": "term", "multiples": "ordered", "weight": "number"},
    Scatter: {"x": "ordered", "y": "ordered", "by": "ordered"},
    Histogram: {"column": "number"},
    Heatmap: {"x": "term", "y": "term", "value": "figure", "weight": "number"},
    WorldMap: {"country": "text", "value": "figure", "weight": "number"},
    Groups: {"by": "term", "metrics": "metric"},
    PivotBlock: {"rows": "term", "columns": "term", "value": "figure", "weight": "number"},
    BoxPlot: {"x": "term", "y": "number"},
    PointMap: {
        "latitude": "number",
        "longitude": "number",
        "label": "ordered",
        "value": "figure",
        "weight": "number",
    },
    Rows: {"sort": "ordered", "search": "text"},
}
_MOST_NAMES = 8  # columns that a message suggests
_TIMES = ("date", "timestamp")


def roles_of(content: TableBlock) -> Mapping[str, Role]:
    """What is in the fields of a block, by their names."""
    return next((ROLES[base] for base in type(content).__mro__ if base in ROLES), {})


def block_faults(content: TableBlock, kinds: Kinds) -> Iterator[Fault]:
    """(path below the block, message) of what cannot be drawn of columns of these kinds.

    A column that is missing is not reported here.
    """
    for name, role in roles_of(content).items():
        value = getattr(content, name)
        texts = value if isinstance(value, tuple) else (value,) if value else ()
        for number, text in enumerate(texts):
            path = (name, number) if isinstance(value, tuple) else (name,)
            if role == "metric" and isinstance(content, Kpi) and content.over:
                role = "figure"  # its change is a number
            message = _fault(role, text.removeprefix("-"), kinds)
            if message:
                yield path, message
    if isinstance(content, Chart):
        yield from _annotation_faults(content, kinds)


def filter_fault(form: str | None, column: str, kinds: Kinds) -> str:
    """Why a column cannot have a filter of a form; empty when it can."""
    kind = kinds.get(column)
    if kind is None:
        return ""
    if form == "search":
        return _unless(
            kind.name == "text", "and only text can be searched", column, kinds, _is_text
        )
    if form == "range":
        fits = kind.name in (*NUMBERS, *_TIMES)
        return _unless(fits, "which has no range", column, kinds, _has_range)
    return _unless(
        kind.ordered, "which cannot be filtered by", column, kinds, lambda each: each.ordered
    )


def period_fault(column: str, kinds: Kinds) -> str:
    """Why a column cannot have the period of a page; empty when it can."""
    kind = kinds.get(column)
    fits = kind is None or kind.name in (*_TIMES, "text")
    return _unless(fits, "which has no dates", column, kinds, lambda each: each.name in _TIMES)


def _annotation_faults(content: Chart, kinds: Kinds) -> Iterator[Fault]:
    """What is drawn at dates of x, where x has none."""
    column = term_column(content.x)
    for name in ("annotations", "events"):
        if getattr(content, name) and (message := period_fault(column, kinds)):
            yield (name,), message


def _fault(role: Role, text: str, kinds: Kinds) -> str:
    """Why a text cannot have a role; empty when it can, or when its columns are missing."""
    try:
        match role:
            case "term":
                if term_column(text) in kinds:
                    parse_term(kinds, text)
                return ""
            case "metric" | "figure":
                return _metric_fault(text, kinds, numeric=role == "figure")
            case "number":
                fits = text not in kinds or _is_number(kinds[text])
                return _unless(fits, "and not a number", text, kinds, _is_number)
            case "text":
                fits = text not in kinds or _is_text(kinds[text])
                return _unless(fits, "and not text", text, kinds, _is_text)
        fits = text not in kinds or kinds[text].ordered
        return _unless(fits, "whose values have no order", text, kinds, _is_ordered)
    except CallError as error:
        return "; ".join(filter(None, (error.message, error.hint)))


def _metric_fault(text: str, kinds: Kinds, *, numeric: bool) -> str:
    """Why a metric cannot be computed, or drawn as a number."""
    try:
        metric = parse_metric(kinds, "metric", text)
    except CallError as error:
        if error.message.startswith("no column"):
            return ""
        return error.message.removeprefix("metric: ") + _suggestion(kinds, _is_number)
    if not numeric or metric.kind.name in NUMBERS:
        return ""
    why = f"{text} is of type {metric.kind}, and not a number"
    return why + _suggestion(kinds, _is_number)


def _unless(fits: bool, why: str, column: str, kinds: Kinds, suits: Callable[[Kind], bool]) -> str:
    if fits:
        return ""
    return f"{column!r} is of type {kinds[column]}, {why}" + _suggestion(kinds, suits)


def _suggestion(kinds: Kinds, suits: Callable[[Kind], bool]) -> str:
    """The columns that suit, for the end of a message."""
    names = [name for name, kind in kinds.items() if suits(kind)][:_MOST_NAMES]
    return f"; columns that can be used: {', '.join(names)}" if names else ""


def _is_number(kind: Kind) -> bool:
    return kind.name in NUMBERS


def _is_text(kind: Kind) -> bool:
    return kind.name == "text"


def _has_range(kind: Kind) -> bool:
    return kind.name in (*NUMBERS, *_TIMES)


def _is_ordered(kind: Kind) -> bool:
    return kind.ordered
