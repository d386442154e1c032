"""What a visitor explores: table, measures, dimensions, chart and filters, as in a URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medallion.contracts import Query, grouping
from medallion.errors import CallError, did_you_mean
from medallion.query.aggregation import NUMBERS, term_column
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.messages.messages import Messages
from medallion_panel.pages.column_roles import column_roles, time_term
from medallion_panel.ui.rounding import round_width

CHARTS = ("table", "line", "area", "bar", "heatmap", "scatter", "histogram", "map")
OWN = ("table", "measure", "by", "chart", "filter")  # its parameters in a URL
MOST_MEASURES, MOST_TERMS = 6, 4

_COUNT = "count()"
_NO_CHART, _NO_TABLE = "There is no chart “{name}”{hint}", "There is no table “{name}”{hint}"
_SCATTER = "A scatter plot needs two dimensions that are numbers, and a third for colours."
_RESERVED = (  # other parameters, too
    *OWN,
    *("page", "theme", "release", "q", "sort", "columns", "rows_page", "row", "period", "compare"),
)
_STEPS = 20  # of the values of a number
_MOST_FILTERS = 12


@dataclass(frozen=True)
class ExploreQuery:
    """A validated question to a table. `chart` is empty for the one that suits `by`.

    `by` are terms such as `month(day)`; `filters` are the columns that have a control.
    """

    table: str
    measures: tuple[str, ...] = (_COUNT,)
    by: tuple[str, ...] = ()
    chart: str = ""
    filters: tuple[str, ...] = ()

    def parameters(self) -> dict[str, list[str]]:
        """Its parameters in a URL."""
        parts = {
            "table": [self.table],
            "measure": list(self.measures),
            "by": list(self.by),
            "chart": [self.chart] if self.chart else [],
            "filter": list(self.filters),
        }
        return {name: texts for name, texts in parts.items() if texts}


def explore_query(
    parameters: Mapping[str, Sequence[str]], store: CachedStore, say: Messages
) -> tuple[ExploreQuery, list[str]]:
    """The query that a URL asks for, and a notice on each part that is not valid.

    Without measures and dimensions it is a first look at the table. Raises CallError without a
    served table.
    """
    table, notices = _table(parameters, store, say)
    parts: dict[str, tuple[str, ...]] = {}
    for name, most in (("measure", MOST_MEASURES), ("by", MOST_TERMS), ("filter", _MOST_FILTERS)):
        valid: tuple[str, ...] = ()
        for text in dict.fromkeys(parameters.get(name, ())):
            try:
                valid = (*valid, _checked(store, table, name, text, valid, say))
            except CallError as error:
                hint = f" ({error.hint})" if error.hint else ""
                notices.append(_left_out(text, f"{error.message}{hint}", say))
        if len(valid) > most:
            notices.append(
                say("Only the first {count} of `{name}` are used.", count=most, name=name)
            )
        parts[name] = valid[:most]
    chart = next(iter(parameters.get("chart", ())), "")
    if chart and chart not in CHARTS:
        notices.append(say(_NO_CHART, name=chart, hint=_hint(chart, CHARTS)))
        chart = ""
    if not {"measure", "by", "chart"} & parameters.keys():
        first = first_look(store, table)
        return ExploreQuery(table, first.measures, first.by, "", first.filters), notices
    query = ExploreQuery(table, parts["measure"] or (_COUNT,), parts["by"], chart, parts["filter"])
    problem = chart_problem(query, store, say)
    if problem:
        notices.append(say("{problem} Another chart is shown.", problem=problem))
        query = ExploreQuery(table, query.measures, query.by, "", query.filters)
    return query, notices


def first_look(store: CachedStore, table: str) -> ExploreQuery:
    """A table over time or by its first category, with a filter on both."""
    roles = column_roles(store, table)
    times = [time_term(store, table, name) for name in roles.times[:1]]
    by = times or list(roles.categories[:1])
    filters = [*roles.times[:1], *roles.categories[:2]]
    measures = (_COUNT, *([roles.metric] if roles.metric != _COUNT else []))
    possible = tuple(name for name in filters if can_filter(store, table, name))
    return ExploreQuery(table, measures, tuple(by), "", possible)


def can_filter(store: CachedStore, table: str, column: str) -> bool:
    """Whether a column can have a control: its name must be no parameter of the page's URL."""
    kind = store.kinds(table).get(column)
    return kind is not None and kind.ordered and kind.name != "time" and column not in _RESERVED


def chart_of(query: ExploreQuery, store: CachedStore) -> str:
    """The chart of a query: that which was chosen, or the one that suits its dimensions."""
    if query.chart:
        return query.chart
    if not query.by or len(query.by) > 2:
        return "table"
    if times_of(query, store):
        return "line"
    additive = all(measure.startswith(("sum(", "count(")) for measure in query.measures)
    return "bar" if len(query.by) == 1 or additive else "heatmap"


def chart_problem(query: ExploreQuery, store: CachedStore, say: Messages) -> str:
    """Why a chart cannot show a query; empty where it can."""
    kinds, count = store.kinds(query.table), len(query.by)
    plain = [kinds[term].name for term in query.by if term in kinds]
    match query.chart:
        case "line" | "area" | "bar" if count not in (1, 2):
            return say("This chart needs one or two dimensions.")
        case "heatmap" if count != 2:
            return say("A heat map needs two dimensions.")
        case "map" if plain != ["text"] or count != 1:
            return say("A map needs one dimension, a text with countries.")
        case "histogram" if count != 1 or len(plain) != 1 or plain[0] not in NUMBERS:
            return say("A histogram needs one dimension, a number.")
        case "scatter" if count not in (2, 3) or any(kind not in NUMBERS for kind in plain[:2]):
            return say(_SCATTER)
        case "scatter" if len(plain) < count:
            return say("A scatter plot shows rows as they are, not in periods or steps.")
    return ""


def times_of(query: ExploreQuery, store: CachedStore) -> list[str]:
    """The dimensions of a query that are periods or times."""
    times = column_roles(store, query.table).times
    return [term for term in query.by if term_column(term) in times and not term.startswith("bin(")]


def _table(
    parameters: Mapping[str, Sequence[str]], store: CachedStore, say: Messages
) -> tuple[str, list[str]]:
    tables = list(store.tables())
    if not tables:
        raise CallError(say("the release serves no table"))
    table = next(iter(parameters.get("table", ())), tables[0])
    if table in tables:
        return table, []
    return tables[0], [say(_NO_TABLE, name=table, hint=_hint(table, tables))]


def _hint(name: str, names: Sequence[str]) -> str:
    """The end of a sentence that there is no such name."""
    text = did_you_mean(name, names)
    return text if text.endswith("?") else f"{text}."


def _left_out(text: str, reason: str, say: Messages) -> str:
    end = "" if reason.endswith("?") else "."
    return say("“{text}” is left out: {reason}", text=text, reason=f"{reason}{end}")


def _checked(
    store: CachedStore, table: str, name: str, text: str, former: tuple[str, ...], say: Messages
) -> str:
    """A part of a query as stores take it. Raises CallError where they do not."""
    if name == "filter":
        if not can_filter(store, table, text):
            known = [each for each in store.kinds(table) if can_filter(store, table, each)]
            hint = did_you_mean(text, known)
            raise CallError(say("no filter on {column}", column=repr(text)) + hint)
        return text
    text = _with_width(store, table, text)
    metrics = {"figure": text} if name == "measure" else {}
    by = () if name == "measure" else (*former, text)
    grouping(store.served(table), by, metrics, Query())
    return text


def _with_width(store: CachedStore, table: str, text: str) -> str:
    """`bin(column, auto)` with a width that divides the values in about 20 steps."""
    inside = text.removeprefix("bin(").removesuffix(")")
    column, _, width = (part.strip() for part in inside.rpartition(","))
    kind = store.kinds(table).get(column)
    if width != "auto" or kind is None or kind.name not in NUMBERS:
        return text
    low, high = store.bounds(table, column)
    return f"bin({column}, {round_width(low or 0, high or 1, _STEPS, kind)})"
