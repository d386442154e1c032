"""Parameters of a table: how the text of each is parsed, and the JSON Schema that documents it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, WithJsonSchema

from medallion.contracts import Operator, Sort
from medallion.errors import CallError
from medallion.query.column_types import Kind, flag
from medallion.query.text_folding import LONGEST
from medallion.query.validation import operand
from medallion_api.representations import FORMATS
from medallion_api.value_schemas import operand_schema, schema_of

ALL = "all"
MAX_GROUPS = 100_000  # of one answer

_ITEM = re.compile(r'"((?:[^"]|"")*)"(?=,|\Z)|([^,]*)', re.DOTALL)
_CURSOR = {
    "type": "string",
    "pattern": "^[A-Za-z0-9_-]+$",
    "description": "The `cursor` of the previous page of the same query.",
}
_FOR_TEXT: tuple[Operator, ...] = ("contains", "startswith", "search")


def sorts(names: Sequence[str]) -> tuple[Sort, ...]:
    """`-total_spent` as Sort("total_spent", descending=True)."""
    return tuple(Sort(name.removeprefix("-"), name.startswith("-")) for name in names)


def _unique_columns(order: Sequence[Sort]) -> tuple[Sort, ...]:
    """Without further sorts by the same column, which change nothing."""
    sorts_by_column: dict[str, Sort] = {}
    for sort in order:
        sorts_by_column.setdefault(sort.field, sort)
    return tuple(sorts_by_column.values())


def listed(text: str) -> list[str]:
    """The items of `a,b,"c,d"`; empty text has no item, `""` is one empty item."""
    items: list[str] = []
    position = 0
    while text:
        item = _ITEM.match(text, position)
        if item is None:  # never: the second alternative matches any text
            break
        items.append(item[2] if item[1] is None else item[1].replace('""', '"'))
        if item.end() == len(text):
            break
        position = item.end() + 1
    return items


def filter_names(column: str, kind: Kind) -> Iterator[tuple[str, Operator]]:
    """The parameters that filter a column, each with its operator."""
    if kind.ordered:
        yield column, "eq"
    for operator in get_args(Operator):
        text_only = operator in _FOR_TEXT
        if operator == "isnull" or (kind.ordered and (kind.name == "text" or not text_only)):
            yield f"{column}__{operator}", operator


def condition_field(column: str, kind: Kind, operator: Operator) -> Any:
    """The type of a parameter that filters a column."""
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
            "description": "Part of the text, ignoring case and accents",
        }
    return field(lambda text: _operand(kind, operator, text, column), schema)


def flag_of(text: str) -> bool:
    """A boolean parameter. Raises ValueError."""
    try:
        return flag(text)
    except ValueError:
        raise ValueError(f"takes true or false, not {text[:80]!r}") from None


def _operand(kind: Kind, operator: str, text: str, column: str) -> Any:
    if operator == "search" and len(text) > LONGEST:
        raise ValueError(f"takes at most {LONGEST} characters, not {len(text)}")
    try:
        return operand(kind, operator, text, column)
    except CallError as error:
        raise ValueError(
            f"{error.message}; {error.hint}" if error.hint else error.message
        ) from None


def option_fields(
    kinds: Mapping[str, Kind],
    shown: Sequence[str],
    filters: Sequence[str],
    max_page_size: int,
    *,
    row: bool,
) -> Iterator[tuple[str, Any]]:
    """The parameters that are not filters: which columns, format, order and page."""
    yield "fields", _choice(shown, lambda text: tuple(listed(text)))
    yield "format", field(lambda text: _one_of(text, tuple(FORMATS)), {"enum": list(FORMATS)})
    if row:
        return
    ordered = [name for name, kind in kinds.items() if kind.ordered]
    signed = [sign + name for name in ordered for sign in ("", "-")]
    yield "sort", _choice(signed, lambda text: _unique_columns(sorts(listed(text))))
    page = {"type": "integer", "minimum": 1, "maximum": max_page_size}
    yield (
        "limit",
        field(lambda text: page_limit(text, max_page_size), {"anyOf": [page, {"const": ALL}]}),
    )
    yield "cursor", field(str, _CURSOR)
    yield "count", field(lambda text: _one_of(text, ("exact",)), {"const": "exact"})
    facets = [name for name in filters if kinds[name].ordered]
    if facets:
        yield "facet", _choice(facets, lambda text: tuple(listed(text)))


def _choice(allowed: Sequence[str], read: Callable[[str], Any]) -> Any:
    """A list of names, each once."""

    def validated(text: str) -> Any:
        names = listed(text)
        for name in names:
            _one_of(name, allowed)
        if not names or len(set(names)) < len(names):
            raise ValueError("takes each name once, and at least one")
        return read(text)

    items = {"enum": list(allowed)}
    return field(validated, {"type": "array", "items": items, "minItems": 1, "uniqueItems": True})


def _one_of(text: str, allowed: Sequence[str]) -> str:
    if text not in allowed:
        raise ValueError(f"takes one of {', '.join(allowed)}, not {text[:80]!r}")
    return text


def page_limit(text: str, max_page_size: int) -> int | str:
    """The rows of a page, or `all`. Raises ValueError."""
    return ALL if text == ALL else _whole_number(text, max_page_size, ", or all")


def group_limit(text: str) -> int:
    """The number of groups of an answer. Raises ValueError."""
    return _whole_number(text, MAX_GROUPS)


def _whole_number(text: str, most: int, alternative: str = "") -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not 1 <= int(text) <= most:
        raise ValueError(f"takes a whole number from 1 to {most}{alternative}, not {text[:80]!r}")
    return int(text)


def field(read: Callable[[str], Any], schema: dict[str, Any]) -> Any:
    """The type of a parameter: `read` parses and validates its text, `schema` documents it."""
    return Annotated[Any, BeforeValidator(read), WithJsonSchema(schema)]
