"""Parameters of a table: parsing of their text, and the schemas that document it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from medallion.contracts import Sort
from medallion.query.column_types import kind_of
from medallion_api.http_params import list_param
from medallion_api.resources.parameter_fields import (
    condition_field,
    field,
    filter_names,
    flag_of,
    listed,
    option_fields,
    page_limit,
    sorts,
)

KINDS = {
    "id": kind_of("int64"),
    "name": kind_of("text"),
    "tags": kind_of("list<text>"),
}


def parse(annotation: Any, text: str) -> Any:
    return TypeAdapter(annotation).validate_python(text)


def schema(annotation: Any) -> dict[str, Any]:
    return TypeAdapter(annotation).json_schema()


def fault(annotation: Any, text: str) -> str:
    with pytest.raises(ValidationError) as error:
        parse(annotation, text)
    return str(error.value.errors()[0]["msg"]).removeprefix("Value error, ")


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", []),
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        ('"a,b",c', ["a,b", "c"]),
        ('"a ""b""",c', ['a "b"', "c"]),
        ('""', [""]),
        (",", ["", ""]),
        ("a,", ["a", ""]),
        ('a"b', ['a"b']),
        ('"a\nb"', ["a\nb"]),
    ],
)
def test_items_of_a_list(text: str, items: list[str]) -> None:
    assert listed(text) == items


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1))
def test_a_list_is_read_as_clients_write_it(items: list[str]) -> None:
    assert listed(list_param(items)) == items


def test_a_minus_sorts_descending() -> None:
    assert sorts(["-spent", "name"]) == (Sort("spent", descending=True), Sort("name"))


def test_the_operators_of_a_column_depend_on_its_kind() -> None:
    names = [name for name, _ in filter_names("name", KINDS["name"])]
    assert names[0] == "name"
    assert {"name__in", "name__contains", "name__search", "name__isnull"} <= set(names)
    numbers = {name for name, _ in filter_names("id", KINDS["id"])}
    assert {"id", "id__gte", "id__in", "id__isnull"} <= numbers
    assert not {"id__contains", "id__startswith", "id__search"} & numbers
    assert list(filter_names("tags", KINDS["tags"])) == [("tags__isnull", "isnull")]


def test_values_of_conditions_are_of_their_column() -> None:
    kind = KINDS["id"]
    assert parse(condition_field("id", kind, "gte"), "-7") == -7
    assert parse(condition_field("id", kind, "in"), "1,2") == [1, 2]
    assert parse(condition_field("id", kind, "isnull"), "TRUE") is True
    assert fault(condition_field("id", kind, "eq"), str(2**63)) == (
        f"'{2**63}' is not a valid integer for 'id'; write it as a whole number of at most 64 bits"
    )
    assert schema(condition_field("id", kind, "in"))["type"] == "array"
    assert schema(condition_field("id", kind, "isnull")) == {"type": "boolean"}


def test_a_search_has_a_length_limit_that_is_documented() -> None:
    search = condition_field("name", KINDS["name"], "search")
    longest = schema(search)["maxLength"]
    assert parse(search, "x" * longest) == "x" * longest
    assert fault(search, "x" * (longest + 1)) == (
        f"takes at most {longest} characters, not {longest + 1}"
    )


@pytest.mark.parametrize("text", ["", "1", "yes", " true"])
def test_a_flag_is_true_or_false(text: str) -> None:
    assert flag_of("false") is False
    with pytest.raises(ValueError, match="takes true or false, not"):
        flag_of(text)


@pytest.mark.parametrize(("text", "limit"), [("1", 1), ("100", 100), ("007", 7), ("all", "all")])
def test_the_rows_of_a_page(text: str, limit: int | str) -> None:
    assert page_limit(text, 100) == limit


@pytest.mark.parametrize("text", ["0", "101", "-1", "", "1.5", "ALL", "٣", "1" * 10])
def test_a_page_has_at_least_one_row_and_no_more_than_the_largest(text: str) -> None:
    with pytest.raises(ValueError, match="a whole number from 1 to 100, or all"):
        page_limit(text, 100)


def test_options_of_a_list_and_of_a_row() -> None:
    options = dict(option_fields(KINDS, ["id", "name"], ["name", "tags"], 100, row=False))
    names = ["fields", "format", "sort", "limit", "cursor", "count", "facet"]
    assert list(options) == names
    assert parse(options["fields"], "name,id") == ("name", "id")
    assert fault(options["fields"], "tags") == "takes one of id, name, not 'tags'"
    assert fault(options["fields"], "id,id") == "takes each name once, and at least one"
    assert fault(options["fields"], "") == "takes each name once, and at least one"
    assert parse(options["sort"], "-id,id") == (Sort("id", descending=True),)
    assert fault(options["sort"], "tags").startswith("takes one of id, -id, name, -name")
    assert fault(options["facet"], "tags") == "takes one of name, not 'tags'"
    assert fault(options["count"], "yes") == "takes one of exact, not 'yes'"
    row = dict(option_fields(KINDS, ["id"], ["name"], 100, row=True))
    assert list(row) == ["fields", "format"]
    assert "facet" not in dict(option_fields(KINDS, ["id"], ["tags"], 100, row=False))


def test_a_field_reads_and_documents() -> None:
    annotation = field(lambda text: text.upper(), {"type": "string", "maxLength": 3})
    assert parse(annotation, "ü") == "Ü"
    assert schema(annotation) == {"type": "string", "maxLength": 3}
