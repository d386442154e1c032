"""Query strings → queries, by a Pydantic model generated from the columns of a table.

The same model describes the parameters in the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self, get_args
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from medallion.contracts import Filter, Operator, Query
from medallion.errors import DeclarationError, Problem, did_you_mean
from medallion.query.column_types import kind_of
from medallion.records import Served
from medallion_api.problems import Fault, ParameterError
from medallion_api.resources.parameter_fields import (
    ALL,
    condition_field,
    field,
    filter_names,
    option_fields,
    sorts,
)
from medallion_api.section import Endpoint

if TYPE_CHECKING:
    from falcon import Request

OPTIONS = (
    "release",
    "sort",
    "fields",
    "limit",
    "cursor",
    "count",
    "format",
    "facet",
    "by",
    "metrics",
)

_MOST_PARAMETERS = 200
RELEASE_SCHEMA = {
    "type": "string",
    "pattern": "^[a-z0-9_-]+$",
    "description": "The id of a release that is kept, or the name or id of a candidate.",
}


@dataclass(frozen=True)
class TableQuery:
    """What a request selects of a table: `everything` streams all rows, `form` is its `format`."""

    query: Query
    form: str | None = None
    everything: bool = False
    count: bool = False
    facets: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    metrics: tuple[tuple[str, str], ...] = ()

    @property
    def normal(self) -> str:
        """A text that is equal for all requests with the same meaning."""
        query = self.query
        filters = sorted(
            repr((condition.field, condition.operator, _normal(condition.value)))
            for condition in query.filters
        )
        page = query.sort, query.fields, query.limit, query.cursor
        return repr(
            (filters, page, self.everything, self.count, self.facets, self.by, self.metrics)
        )


class Parameters:
    """The parameters of one endpoint: `max_page_size` limits a page."""

    def __init__(
        self, served: Served, endpoint: Endpoint, max_page_size: int, *, row: bool
    ) -> None:
        self.served = served
        self._endpoint = endpoint
        self.kinds = {column.name: kind_of(column.type) for column in served.columns}
        self._fields = endpoint.fields or tuple(self.kinds)
        self._limit = min(endpoint.limit, max_page_size)
        filters: Sequence[str] = (
            () if row else tuple(self.kinds) if endpoint.filters is None else endpoint.filters
        )
        self._filtered = tuple(filters)
        for name in (*filters, *endpoint.fields, *(sort.field for sort in sorts(endpoint.sort))):
            if name not in self.kinds:
                fault = f"no column {name!r} in {served.table}{did_you_mean(name, self.kinds)}"
                raise DeclarationError([Problem("", "api.endpoints", fault)])
        self._conditions = {
            name: (column, operator)
            for column in filters
            for name, operator in filter_names(column, self.kinds[column])
        }
        fields = {"release": field(str, RELEASE_SCHEMA)}
        fields |= self.options(tuple(filters), max_page_size, row=row)
        for name, (column, operator) in self._conditions.items():
            if name not in fields:
                fields[name] = condition_field(column, self.kinds[column], operator)
        self._lists = {
            name
            for name, kind in fields.items()
            if kind.__metadata__[1].json_schema.get("type") == "array"
        }
        self._names = {f"p{number}": name for number, name in enumerate(fields)}
        attributes = {
            attribute: (fields[name], Field(default=None, alias=name))
            for attribute, name in self._names.items()
        }
        self.model: type[BaseModel] = create_model(
            "Query", __config__=ConfigDict(extra="forbid"), **attributes
        )  # type: ignore[call-overload]

    def of(self, served: Served) -> Self:
        """The same for the table of another release, with equal columns and key."""
        parameters = copy(self)
        parameters.served = served
        return parameters

    def options(self, filters: Sequence[str], max_page_size: int, *, row: bool) -> dict[str, Any]:
        """The parameters that are not filters, by name."""
        return dict(option_fields(self.kinds, self._fields, filters, max_page_size, row=row))

    def read(self, query_string: str) -> TableQuery:
        """Validate a query string. Raises ParameterError with all faults."""
        pairs = _pairs(query_string, self._lists)
        try:
            model = self.model.model_validate(pairs)
        except ValidationError as error:
            raise ParameterError(
                [self._fault(fault) for fault in error.errors(include_url=False)]
            ) from None
        values = {
            self._names[attribute]: getattr(model, attribute)
            for attribute in model.model_fields_set
        }
        return self.table_query(values)

    def filters(self, values: Mapping[str, Any]) -> tuple[Filter, ...]:
        """The filters among the parameters of a request."""
        return tuple(
            Filter(*self._conditions[name], value)
            for name, value in values.items()
            if name not in OPTIONS
        )

    def table_query(self, values: Mapping[str, Any]) -> TableQuery:
        """The query of valid parameters. Raises ParameterError when they contradict each other."""
        filters = self.filters(values)
        limit = values.get("limit", self._limit)
        query = Query(
            filters=filters,
            sort=values["sort"] if "sort" in values else sorts(self._endpoint.sort),
            fields=values.get("fields", self._endpoint.fields),
            limit=self._limit if limit == ALL else limit,
            cursor=values.get("cursor"),
        )
        everything, facets = limit == ALL, values.get("facet", ())
        for name in ("cursor", "facet"):
            if everything and name in values:
                raise ParameterError([Fault(name, "cannot be combined with limit=all")])
        if facets and values.get("format", "json") != "json":
            raise ParameterError([Fault("facet", "is available in JSON only")])
        return TableQuery(query, values.get("format"), everything, "count" in values, facets)

    def _fault(self, fault: Mapping[str, Any]) -> Fault:
        name = str(fault["loc"][0])
        known = list(self._names.values())
        column, _, operator = name.partition("__")
        if (
            fault["type"] == "extra_forbidden"
            and column in self.kinds
            and operator in ("", *get_args(Operator))
        ):
            return self._unfiltered(column, operator)
        if fault["type"] == "extra_forbidden":
            plain = [known_name for known_name in known if "__" not in known_name]
            return Fault(name, f"no such parameter{did_you_mean(name, known)}", tuple(plain))
        return Fault(name, str(fault["msg"]).removeprefix("Value error, "))

    def _unfiltered(self, column: str, operator: str) -> Fault:
        """Why an existing column cannot be filtered like this."""
        name, columns = (f"{column}__{operator}" if operator else column), self._filtered
        if not columns:
            return Fault(name, "takes no filters: its path identifies the row")
        if column not in columns:
            return Fault(name, f"the column {column!r} cannot be filtered by at this path", columns)
        parameters = tuple(
            parameter for parameter, (field, _) in self._conditions.items() if field == column
        )
        method = f"by {operator!r}" if operator else "by value"
        detail = f"{column!r} is of type {self.kinds[column]}, which cannot be filtered {method}"
        return Fault(name, detail, parameters)


def refuse_unknown(req: Request, known: tuple[str, ...]) -> None:
    """Raise ParameterError for a query parameter that is none of these."""
    if unknown := sorted(set(req.params) - set(known)):
        fault = f"no such parameter{did_you_mean(unknown[0], known)}"
        raise ParameterError([Fault(unknown[0], fault, known)])


def _normal(value: Any) -> Any:
    return value.normalize() if isinstance(value, Decimal) else value


def _pairs(query_string: str, lists: Collection[str]) -> dict[str, str]:
    """The parameters by name; a list may be given as one parameter or as several."""
    try:
        if not query_string.isascii():
            raise ValueError("it has characters that are not percent-encoded")
        pairs = parse_qsl(
            query_string, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError as error:
        raise ParameterError([Fault("", f"the query string cannot be read: {error}")]) from None
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values and name not in lists:
            raise ParameterError([Fault(name, "is given more than once")])
        values[name] = ",".join(filter(None, (values.get(name), value)))
    return values
