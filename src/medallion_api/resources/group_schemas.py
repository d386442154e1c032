"""The grammar of `by` and `metrics` as JSON Schema, for the columns of one table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from medallion.query.aggregation import NUMBERS, UNNUMBERED
from medallion.query.column_types import Kind
from medallion.query.periods import PERIODS

_NAME = r'[^:,"]+'  # of a metric that needs no quotes
_QUOTED_NAME = r'[^:"]+'
_FRACTION = r"(0(\.\d{1,9})?|1)"
_FLOAT_PLACES = 9
_SYNTAX = re.compile(r"[\\^$.*+?()\[\]{}|/]")


def terms_schema(kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """What `by` lists: columns, and coarser forms of them."""
    ordered = [name for name, kind in kinds.items() if kind.ordered]
    moments = [name for name in ordered if kinds[name].name in ("date", "timestamp")]
    terms: list[dict[str, Any]] = [{"enum": ordered}] if ordered else []
    if moments:
        terms.append(_matching(rf"({'|'.join(PERIODS)})\({_any_of(moments)}\)"))
    terms += [
        _matching(rf'"bin\({_any_of([name])},{_width(kinds[name])}\)"') for name in _numbers(kinds)
    ]
    return _items(terms, "Columns, or coarser forms of them. An item with a comma is quoted.")


def metrics_schema(kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """What `metrics` lists: figures as `name:function(column)`."""
    numbers = _any_of(_numbers(kinds))
    ordered = _any_of(name for name, kind in kinds.items() if kind.ordered)
    part = rf"(count\(\)|sum\({numbers}\))"
    metrics = [
        _matching(rf"{_NAME}:count\(\)"),
        _matching(rf"{_NAME}:({'|'.join(UNNUMBERED)})\({ordered}\)"),
        _matching(rf"{_NAME}:(sum|mean|median)\({numbers}\)"),
        _matching(rf"{_NAME}:{part}/{part}"),
        _matching(rf'"{_QUOTED_NAME}:mean\({numbers},{numbers}\)"'),
        _matching(rf'"{_QUOTED_NAME}:quantile\({numbers},{_FRACTION}\)"'),
    ]
    return _items(metrics, "Metrics, each under a name of its own. An item with a comma is quoted.")


def _items(alternatives: list[dict[str, Any]], description: str) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"anyOf": alternatives},
        "minItems": 1,
        "uniqueItems": True,
        "description": description,
    }


def _matching(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern}$"}


def _numbers(kinds: Mapping[str, Kind]) -> list[str]:
    return [name for name, kind in kinds.items() if kind.name in NUMBERS]


def _any_of(names: Iterable[str]) -> str:
    """A pattern of these names; without names, one that matches nothing."""
    # Not re.escape, which also escapes characters that patterns of ECMAScript must not.
    escaped = [_SYNTAX.sub(r"\\\g<0>", name) for name in names]
    return f"({'|'.join(escaped)})" if escaped else "[^\\s\\S]"


def _width(kind: Kind) -> str:
    """A pattern of a bin's width: above 0, with no more decimal places than the column."""
    places = _FLOAT_PLACES if kind.name == "float" else kind.scale
    if not places:
        return r"[1-9]\d{0,8}"
    return rf"([1-9]\d{{0,8}}(\.\d{{1,{places}}})?|0\.\d{{0,{places - 1}}}[1-9])"
