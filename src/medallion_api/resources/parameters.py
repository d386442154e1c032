"""A query string → what to ask the store, by a Pydantic model made from the table's own columns.

The same model describes the parameters in the OpenAPI document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Self, get_args
from urllib.parse import parse_qsl

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    create_model,
)

from medallion.contracts import Filter, Operator, Query, Sort
from medallion.errors import CallError, DeclarationError, Problem, did_you_mean
from medallion.query.column_types import Kind, flag, kind_of
from medallion.query.cursor import read_cursor
from medallion.query.text_folding import LONGEST
from medallion.query.validation import operand, validate_query
from medallion.records import Served
from medallion_api.problems import Fault, ParameterError
from medallion_api.representations import FORMATS
from medallion_api.section import Endpoint
from medallion_api.value_schemas import operand_schema, schema_of

ALL = "all"
OPTIONS = ("sort", "fields", "limit", "cursor", "count", "format", "facet", "by", "metrics")

_ITEM = re.compile(r'"((?:[^"]|"")*)"(?=,|\Z)|([^,]*)', re.DOTALL)
_CURSOR = {
    "type": "string",
    "pattern": "^[A-Za-z0-9_-]+$",
    "description": "The `cursor` of the page before, to the same question.",
}
_MOST_PARAMETERS = 200
_FOR_TEXT: tuple[Operator, ...] = ("contains", "startswith", "search")


@dataclass(frozen=True)
class Asked:
    """What a request asks of a table: `everything` streams all rows, `form` is a format named outright."""

    query: Query
    form: str | None = None
    everything: bool = False
    count: bool = False
    facets: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    metrics: tuple[tuple[str, str], ...] = ()

    @property
    def normal(self) -> str:
        """The same text for every way of asking the same."""
        asked = self.query
        filters = sorted(
            repr((one.field, one.operator, _normal(one.value))) for one in asked.filters
        )
        shown = asked.sort, asked.fields, asked.limit, asked.cursor
        return repr(
            (filters, shown, self.everything, self.count, self.facets, self.by, self.metrics)
        )


class Parameters:
    """The parameters of one endpoint: `most` is the largest page it gives."""

    def __init__(self, served: Served, endpoint: Endpoint, most: int, *, row: bool) -> None:
        self.served = served
        self._endpoint = endpoint
        self.kinds = {column.name: kind_of(column.type) for column in served.columns}
        self._shown = endpoint.fields or tuple(self.kinds)
        self._limit = min(endpoint.limit, most)
        filters: Sequence[str] = (
            () if row else tuple(self.kinds) if endpoint.filters is None else endpoint.filters
        )
        self._filtered = tuple(filters)
        for name in (*filters, *endpoint.fields, *(sort.field for sort in sorts(endpoint.sort))):
            if name not in self.kinds:
                wrong = f"no column {name!r} in {served.table}{did_you_mean(name, self.kinds)}"
                raise DeclarationError([Problem("", "api.endpoints", wrong)])
        self._conditions = {
            name: (column, operator)
            for column in filters
            for name, operator in _names(column, self.kinds[column])
        }
        fields = self.options(tuple(filters), most, row=row)
        for name, (column, operator) in self._conditions.items():
            if name not in fields:
                fields[name] = _condition(column, self.kinds[column], operator)
        self._lists = {
            name
            for name, kind in fields.items()
            if kind.__metadata__[1].json_schema.get("type") == "array"
        }
        self._names = {f"p{number}": name for number, name in enumerate(fields)}
        made = {
            place: (fields[name], Field(default=None, alias=name))
            for place, name in self._names.items()
        }
        self.model: type[BaseModel] = create_model(
            "Query", __config__=ConfigDict(extra="forbid"), **made
        )  # type: ignore[call-overload]

    def of(self, served: Served) -> Self:
        """The same for another release's table of the same columns and key."""
        parameters = copy(self)
        parameters.served = served
        return parameters

    def options(self, filters: Sequence[str], most: int, *, row: bool) -> dict[str, Any]:
        """The parameters that are no filters, by name."""
        return dict(_options(self.kinds, self._shown, filters, most, row=row))

    def read(self, query_string: str) -> Asked:
        """Check a query string. Raises ParameterError with everything that is wrong."""
        given = _pairs(query_string, self._lists)
        try:
            model = self.model.model_validate(given)
        except ValidationError as error:
            raise ParameterError(
                [self._fault(fault) for fault in error.errors(include_url=False)]
            ) from None
        found = {self._names[place]: getattr(model, place) for place in model.model_fields_set}
        asked = self.asked(found)
        self._check_cursor(asked)
        return asked

    def filters(self, found: Mapping[str, Any]) -> tuple[Filter, ...]:
        """The conditions among the parameters that were given."""
        return tuple(
            Filter(*self._conditions[name], value)
            for name, value in found.items()
            if name not in OPTIONS
        )

    def asked(self, found: Mapping[str, Any]) -> Asked:
        """What the parameters that were given ask. Raises ParameterError when they do not go together."""
        filters = self.filters(found)
        limit = found.get("limit", self._limit)
        query = Query(
            filters=filters,
            sort=found["sort"] if "sort" in found else sorts(self._endpoint.sort),
            fields=found.get("fields", self._endpoint.fields),
            limit=self._limit if limit == ALL else limit,
            cursor=found.get("cursor"),
        )
        everything, facets = limit == ALL, found.get("facet", ())
        for name in ("cursor", "facet"):
            if everything and name in found:
                raise ParameterError([Fault(name, "does not go with limit=all")])
        if facets and found.get("format", "json") != "json":
            raise ParameterError([Fault("facet", "is for JSON alone")])
        return Asked(query, found.get("format"), everything, "count" in found, facets)

    def _check_cursor(self, asked: Asked) -> None:
        if asked.query.cursor is None:
            return
        try:
            validate_query(self.served, asked.query, read_cursor(asked.query.cursor))
        except CallError as error:
            raise ParameterError([Fault("cursor", f"{error.message}; {error.hint}")]) from None

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
            return Fault(
                name, f"there is no such parameter{did_you_mean(name, known)}", tuple(plain)
            )
        return Fault(name, str(fault["msg"]).removeprefix("Value error, "))

    def _unfiltered(self, column: str, operator: str) -> Fault:
        """Why a column that is there cannot be asked for like this."""
        name, columns = (f"{column}__{operator}" if operator else column), self._filtered
        if not columns:
            return Fault(name, "takes no filters: the row is found by its path")
        if column not in columns:
            return Fault(name, f"the column {column!r} cannot be filtered by here", columns)
        ways = tuple(way for way, (field, _) in self._conditions.items() if field == column)
        asked = f"by {operator!r}" if operator else "for a value"
        return Fault(
            name, f"{column!r} is a {self.kinds[column]}, which cannot be asked {asked}", ways
        )


def sorts(names: Sequence[str]) -> tuple[Sort, ...]:
    """`-total_spent` as Sort("total_spent", descending=True)."""
    return tuple(Sort(name.removeprefix("-"), name.startswith("-")) for name in names)


def _first_of_each(order: Sequence[Sort]) -> tuple[Sort, ...]:
    """Without what orders by a column again, which changes nothing."""
    first: dict[str, Sort] = {}
    for sort in order:
        first.setdefault(sort.field, sort)
    return tuple(first.values())


def listed(text: str) -> list[str]:
    """The items of `a,b,"c,d"`; no text is no item, `""` is one empty item."""
    items: list[str] = []
    place = 0
    while text:
        item = _ITEM.match(text, place)
        if item is None:  # the second way of the pattern takes anything
            break
        items.append(item[2] if item[1] is None else item[1].replace('""', '"'))
        if item.end() == len(text):
            break
        place = item.end() + 1
    return items


def _normal(value: Any) -> Any:
    return value.normalize() if isinstance(value, Decimal) else value


def _pairs(query_string: str, lists: Collection[str]) -> dict[str, str]:
    """The parameters by name; the items of one that is a list may be given one by one."""
    try:
        if not query_string.isascii():
            raise ValueError("it holds characters that are not percent-encoded")
        pairs = parse_qsl(
            query_string, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError as error:
        raise ParameterError([Fault("", f"the query string cannot be read: {error}")]) from None
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given and name not in lists:
            raise ParameterError([Fault(name, "is given more than once")])
        given[name] = ",".join(filter(None, (given.get(name), value)))
    return given


def _names(column: str, kind: Kind) -> Iterator[tuple[str, Operator]]:
    """The parameter names that filter a column, and what each asks."""
    if kind.ordered:
        yield column, "eq"
    for operator in get_args(Operator):
        text_only = operator in _FOR_TEXT
        if operator == "isnull" or (kind.ordered and (kind.name == "text" or not text_only)):
            yield f"{column}__{operator}", operator


def _condition(column: str, kind: Kind, operator: Operator) -> Any:
    if operator == "isnull":
        return field(flag_of, {"type": "boolean"})
    if operator == "in":
        return field(
            lambda text: [_operand(kind, operator, item, column) for item in listed(text)],
            {"type": "array", "items": schema_of(kind)},
        )
    schema = operand_schema(kind, operator)
    if operator == "search":
        schema = {
            **schema,
            "maxLength": LONGEST,
            "description": "Part of the text, whatever its case and accents",
        }
    return field(lambda text: _operand(kind, operator, text, column), schema)


def flag_of(text: str) -> bool:
    try:
        return flag(text)
    except ValueError:
        raise ValueError(f"takes true or false, not {text[:80]!r}") from None


def _operand(kind: Kind, operator: str, text: str, column: str) -> Any:
    if operator == "search" and len(text) > LONGEST:
        raise ValueError(f"takes at most {LONGEST} letters, not {len(text)}")
    try:
        return operand(kind, operator, text, column)
    except CallError as error:
        raise ValueError(
            f"{error.message}; {error.hint}" if error.hint else error.message
        ) from None


def _options(
    kinds: Mapping[str, Kind], shown: Sequence[str], filters: Sequence[str], most: int, *, row: bool
) -> Iterator[tuple[str, Any]]:
    """The parameters that choose how to show what is found."""
    yield "fields", _choice(shown, lambda text: tuple(listed(text)))
    yield "format", field(lambda text: _one_of(text, tuple(FORMATS)), {"enum": list(FORMATS)})
    if row:
        return
    ordered = [name for name, kind in kinds.items() if kind.ordered]
    signed = [sign + name for name in ordered for sign in ("", "-")]
    yield "sort", _choice(signed, lambda text: _first_of_each(sorts(listed(text))))
    page = {"type": "integer", "minimum": 1, "maximum": most}
    yield "limit", field(lambda text: page_limit(text, most), {"anyOf": [page, {"const": ALL}]})
    yield "cursor", field(str, _CURSOR)
    yield "count", field(lambda text: _one_of(text, ("exact",)), {"const": "exact"})
    facets = [name for name in filters if kinds[name].ordered]
    if facets:
        yield "facet", _choice(facets, lambda text: tuple(listed(text)))


def _choice(allowed: Sequence[str], read: Callable[[str], Any]) -> Any:
    """A list of names, each once."""

    def checked(text: str) -> Any:
        names = listed(text)
        for name in names:
            _one_of(name, allowed)
        if not names or len(set(names)) < len(names):
            raise ValueError("takes each name once, and at least one")
        return read(text)

    items = {"enum": list(allowed)}
    return field(checked, {"type": "array", "items": items, "minItems": 1, "uniqueItems": True})


def _one_of(text: str, allowed: Sequence[str]) -> str:
    if text not in allowed:
        raise ValueError(f"takes one of {', '.join(allowed)}, not {text[:80]!r}")
    return text


def page_limit(text: str, most: int) -> int | str:
    if text == ALL:
        return ALL
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not 1 <= int(text) <= most:
        raise ValueError(f"takes a whole number from 1 to {most}, or all, not {text[:80]!r}")
    return int(text)


def field(read: Callable[[str], Any], schema: dict[str, Any]) -> Any:
    return Annotated[Any, BeforeValidator(read), WithJsonSchema(schema)]
