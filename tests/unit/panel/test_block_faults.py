"""What a block cannot draw: each kind of block with each wrong type of column."""

from __future__ import annotations

from typing import Any

import pytest

from medallion.query.column_types import kind_of
from medallion_panel.block_faults import (
    ROLES,
    block_faults,
    filter_fault,
    period_fault,
    roles_of,
)
from medallion_panel.block_models import TableBlock
from medallion_panel.block_settings import Block
from medallion_panel.series_settings import Bar
from tests.unit.panel.tables import content_of

KINDS = {
    name: kind_of(type_)
    for name, type_ in {
        "price": "decimal(12,2)",
        "count": "int64",
        "name": "text",
        "day": "date",
        "at": "timestamptz",
        "open": "boolean",
        "tags": "list<text>",
    }.items()
}
NUMBERS = "; columns that can be used: price, count"


def faults(kind: str, **settings: Any) -> list[tuple[tuple[str | int, ...], str]]:
    content = content_of(**{kind: {"table": "t", **settings}})
    assert isinstance(content, TableBlock)
    return list(block_faults(content, KINDS))


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("kpi", {"value": "count()", "over": "month(day)"}),
        ("kpi", {"value": "max(day)"}),
        ("kpi", {"value": "sum(price) / count()", "over": "name"}),
        ("kpi", {"value": "mean(price)", "weight": "count"}),
        ("line", {"x": "day(at)", "y": "quantile(price, 0.9)", "by": "open"}),
        ("area", {"x": "bin(price, 5)", "y": "max(count)"}),
        ("line", {"x": "day", "y": "max(count)", "multiples": "open"}),
        ("bar", {"x": "name", "y": "sum(count)", "by": "year(day)", "horizontal": True}),
        ("line", {"x": "month(day)", "y": "count()", "annotations": [{"at": 2024, "text": "x"}]}),
        ("scatter", {"x": "name", "y": "day", "by": "open"}),
        ("histogram", {"column": "count"}),
        ("heatmap", {"x": "month(day)", "y": "name", "value": "min(price)"}),
        ("map", {"country": "name", "value": "count()"}),
        ("table", {"sort": ["-price", "day"], "search": "name", "columns": ["tags"]}),
        ("box", {"x": "month(day)", "y": "price"}),
        ("points", {"latitude": "price", "longitude": "count", "label": "name"}),
        ("groups", {"by": ["name", "month(day)"], "metrics": ["max(day)", "sum(price)"]}),
        ("pivot", {"rows": "name", "columns": "month(day)", "value": "mean(price)"}),
        ("line", {"x": "missing", "y": "sum(missing)", "by": "month(missing)"}),  # as a column
    ],
)
def test_what_can_be_drawn(kind: str, settings: dict[str, Any]) -> None:
    assert faults(kind, **settings) == []


@pytest.mark.parametrize(
    ("kind", "settings", "field", "message"),
    [
        ("kpi", {"value": "sum(name)"}, "value", "sum asks a number, and 'name' is of type text"),
        ("kpi", {"value": "max(tags)"}, "value", "'tags' is of type list, which has no order"),
        (
            "kpi",
            {"value": "max(day)", "over": "at"},
            "value",
            "max(day) is of type date, and not a number",
        ),
        ("kpi", {"value": "count()", "over": "month(name)"}, "over", "'month' asks a date"),
        (
            "kpi",
            {"value": "mean(price)", "weight": "name"},
            "weight",
            "'name' is of type text, and not a number",
        ),
        ("line", {"x": "tags", "y": "count()"}, "x", "which cannot be grouped by"),
        ("area", {"x": "day", "y": "min(name)"}, "y", "min(name) is of type text"),
        ("bar", {"x": "day", "y": "count()", "by": "tags"}, "by", "which cannot be grouped by"),
        ("bar", {"x": "bin(name, 5)", "y": "count()"}, "x", "'bin' asks a number"),
        ("scatter", {"x": "tags", "y": "price"}, "x", "whose values have no order"),
        ("scatter", {"x": "day", "y": "price", "by": "tags"}, "by", "whose values have no order"),
        ("histogram", {"column": "day"}, "column", "'day' is of type date, and not a number"),
        ("heatmap", {"x": "day", "y": "tags", "value": "count()"}, "y", "cannot be grouped by"),
        ("heatmap", {"x": "day", "y": "name", "value": "max(at)"}, "value", "of type timestamp"),
        (
            "pivot",
            {"rows": "tags", "columns": "day", "value": "count()"},
            "rows",
            "cannot be grouped",
        ),
        ("pivot", {"rows": "day", "columns": "name", "value": "max(at)"}, "value", "not a number"),
        ("map", {"country": "count", "value": "count()"}, "country", "and not text"),
        ("map", {"country": "name", "value": "sum(open)"}, "value", "of type boolean"),
        (
            "line",
            {"x": "price", "y": "count()", "annotations": [{"at": 2024, "text": "x"}]},
            "annotations",
            "'price' is of type decimal, which has no dates",
        ),
        ("area", {"x": "open", "y": "count()", "events": ["drift"]}, "events", "has no dates"),
        ("box", {"x": "name", "y": "day"}, "y", "'day' is of type date, and not a number"),
        ("points", {"latitude": "name", "longitude": "price"}, "latitude", "and not a number"),
        ("groups", {"by": ["tags"]}, "by", "which cannot be grouped by"),
        ("table", {"search": "price"}, "search", "'price' is of type decimal, and not text"),
    ],
)
def test_what_cannot_be_drawn(
    kind: str, settings: dict[str, Any], field: str, message: str
) -> None:
    ((path, text),) = faults(kind, **settings)
    assert path[0] == field
    assert message in text


def test_messages_name_columns_that_can_be_used() -> None:
    ((_, text),) = faults("histogram", column="name")
    assert text == "'name' is of type text, and not a number" + NUMBERS
    ((path, text),) = faults("table", sort=["day", "-tags"])
    assert path == ("sort", 1)
    assert text.startswith("'tags' is of type list, whose values have no order")


@pytest.mark.parametrize(
    ("form", "column", "message"),
    [
        ("search", "price", "'price' is of type decimal, and only text can be searched"),
        ("range", "name", "'name' is of type text, which has no range"),
        (None, "tags", "'tags' is of type list, which cannot be filtered by"),
        ("choice", "tags", "'tags' is of type list, which cannot be filtered by"),
        ("search", "name", ""),
        ("range", "at", ""),
        (None, "open", ""),
        ("range", "missing", ""),
    ],
)
def test_filters_by_type(form: str | None, column: str, message: str) -> None:
    assert filter_fault(form, column, KINDS).partition(";")[0] == message


def test_a_period_needs_dates() -> None:
    assert [period_fault(name, KINDS) for name in ("day", "at", "name", "", "missing")] == [""] * 5
    assert period_fault("price", KINDS) == (
        "'price' is of type decimal, which has no dates; columns that can be used: day, at"
    )


def test_every_field_of_every_kind_that_names_a_column_has_a_role() -> None:
    """So that no kind of block is left out of the check."""
    fields = Block.model_fields.values()
    kinds = {part for each in fields for part in getattr(each.annotation, "__args__", ())}
    tables = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, TableBlock)]
    assert Bar in tables
    for kind in tables:
        content = kind.model_construct()
        named = {*kind.column_fields, getattr(kind, "metric_field", "")} - {"", "columns"}
        assert named <= set(roles_of(content)), kind.__name__
    assert all(issubclass(kind, TableBlock) for kind in ROLES)
