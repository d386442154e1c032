"""Values of a cursor in MongoDB: kept as extended JSON, compared, and less a lag."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from medallion.sources.increments import Bound, CursorRange, interval, number_of


def bound_text(value: Any) -> str:
    """A value as the release keeps it, with its type."""
    from bson.json_util import CANONICAL_JSON_OPTIONS, dumps

    return dumps(value, json_options=CANONICAL_JSON_OPTIONS)


def bson_bound(bound: Bound) -> Any:
    """The value that the release keeps."""
    from bson.json_util import CANONICAL_JSON_OPTIONS, loads

    return loads(str(bound), json_options=CANONICAL_JSON_OPTIONS.with_options(tz_aware=True))


def written_bound(text: str, known: Bound) -> str:
    """The value that a user writes, of the type of a known one. Raises ValueError."""
    like = bson_bound(known)
    try:
        return bound_text(_written(text, like))
    except (ValueError, ArithmeticError, TypeError) as error:
        kind = type(like).__name__
        raise ValueError(f"has values of type {kind}, which {text!r} is not") from error


def field_value(document: Mapping[str, Any], path: str) -> Any:
    """The value at a path such as `meta.changed`, None if there is none."""
    value: Any = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def range_filter(cursor: str, values: CursorRange) -> dict[str, Any]:
    """A query for the documents whose cursor is in a range.

    Without an end, those are among them whose cursor is missing or has another type.
    """
    begin = None if values.begin is None else bson_bound(values.begin)
    if values.end is None:
        return {} if begin is None else {cursor: {"$not": {"$lt": begin}}}
    before = {"$lt": bson_bound(values.end)}
    return {cursor: before if begin is None else {"$gte": begin, **before}}


def is_greater(value: Any, other: Any) -> bool:
    """Whether a value of a cursor is greater than another of its type."""
    return bool(_comparable(value) > _comparable(other))


def less(value: Any, lag: int | str) -> Any:
    """A value of a cursor, less a lag. Raises ValueError for a value that cannot be a cursor."""
    from bson import Decimal128, ObjectId

    kind = type(value).__name__
    if isinstance(value, datetime | ObjectId):
        if not lag:
            return value
        if not isinstance(lag, str):
            raise ValueError(f"has values of type {kind}, for which `lag` is a time")
        if isinstance(value, datetime):
            return value - interval(lag)
        return ObjectId.from_datetime(value.generation_time - interval(lag))
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal128):
        raise ValueError(f"has a value of type {kind}: use numbers, texts, dates or ObjectIds")
    if not lag:
        return value
    if isinstance(lag, str) or isinstance(value, str):
        rule = "is not possible" if isinstance(value, str) else "is a number"
        raise ValueError(f"has values of type {kind}, for which `lag` {rule}")
    return Decimal128(value.to_decimal() - lag) if isinstance(value, Decimal128) else value - lag


def _comparable(value: Any) -> Any:
    """A value that Python compares as MongoDB does."""
    from bson import Decimal128

    if isinstance(value, Decimal128):
        return value.to_decimal()
    return value.encode() if isinstance(value, str) else value


def _written(text: str, like: Any) -> Any:
    from bson import Decimal128, ObjectId

    if isinstance(like, ObjectId) and ObjectId.is_valid(text):
        return ObjectId(text)
    if isinstance(like, datetime | ObjectId):
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment if isinstance(like, datetime) else ObjectId.from_datetime(moment)
    if isinstance(like, Decimal128 | str):
        return type(like)(text)
    number = number_of(text)  # MongoDB compares all numbers with one another
    return number if -(2**63) <= number < 2**63 else float(number)
