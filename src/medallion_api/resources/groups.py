"""Metrics over groups of rows: `/groups/clients_stats?by=country&metrics=clients:count()`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from medallion.contracts import Query
from medallion.errors import CallError, GoneError
from medallion.query.aggregation import grouping
from medallion_api.middleware.exchange import stage
from medallion_api.problems import Fault, ParameterError
from medallion_api.representations import spelled, to_json
from medallion_api.resources.group_schemas import metrics_schema, terms_schema
from medallion_api.resources.parameter_fields import MAX_GROUPS, field, group_limit, listed, sorts
from medallion_api.resources.parameters import Parameters, TableQuery
from medallion_api.resources.tables import Question, TableResource

if TYPE_CHECKING:
    from falcon import Request, Response

    from medallion_api.cache.response_cache import Reply


class GroupParameters(Parameters):
    """`by` lists terms, `metrics` lists `name:function(column)`.

    An item with a comma is quoted.
    """

    def options(self, filters: Sequence[str], max_page_size: int, *, row: bool) -> dict[str, Any]:
        most = {"type": "integer", "minimum": 1, "maximum": MAX_GROUPS}
        names = {
            "type": "array",
            "items": {"type": "string"},
            "description": "Columns and metrics of the result; a leading - sorts descending.",
        }
        return {
            "by": field(_terms, terms_schema(self.kinds)),
            "metrics": field(_metrics, metrics_schema(self.kinds)),
            "sort": field(lambda text: sorts(listed(text)), names),
            "limit": field(group_limit, most),
        }

    def table_query(self, values: Mapping[str, Any]) -> TableQuery:
        limit = values.get("limit", self._limit)
        query = Query(filters=self.filters(values), sort=values.get("sort", ()), limit=limit)
        return TableQuery(query, by=values.get("by", ()), metrics=values.get("metrics", ()))


class Grouped(TableResource):
    """Metrics over groups of rows; each row of the response is a group."""

    row = False
    kind = GroupParameters

    def table_reply(self, req: Request, resp: Response, question: Question) -> Reply | None:
        table_query = question.table_query
        with stage(req, "store"):
            try:
                query = grouping(
                    question.served, table_query.by, dict(table_query.metrics), table_query.query
                )
                rows = self.reading.at(question.release).read_groups(question.release, query)
            except GoneError:
                raise
            except CallError as error:
                raise ParameterError(
                    [Fault("by, metrics or sort", f"{error.message}; {error.hint}")]
                ) from None
        shown = spelled(rows, list(rows[0]) if rows else ())
        body = to_json({"release": question.release.id, "rows": shown})
        return self.written(req, question, question.release.id, body)


def _terms(text: str) -> tuple[str, ...]:
    terms = listed(text)
    if not terms or len(set(terms)) < len(terms):
        raise ValueError("takes each item once, and at least one")
    return tuple(terms)


def _metrics(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [item.partition(":") for item in listed(text)]
    if not pairs or not all(name and function for name, _, function in pairs):
        raise ValueError("takes items like revenue:sum(amount)")
    if len({name for name, _, _ in pairs}) < len(pairs):
        raise ValueError("gives several metrics the same name")
    return tuple((name, function) for name, _, function in pairs)
