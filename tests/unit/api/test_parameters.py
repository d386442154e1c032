"""Query strings as queries of one table, with every fault named."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from medallion.contracts import Filter, Query, Sort
from medallion.errors import DeclarationError
from medallion.records import Column, Served
from medallion_api.problems import Fault, ParameterError
from medallion_api.resources.parameters import Parameters, TableQuery
from medallion_api.section import Endpoint

COLUMNS = {"id": "int64", "name": "text", "spent": "decimal(12,2)", "tags": "list<text>"}
SERVED = Served(
    table="gold.clients",
    name="clients_1",
    snapshot="s",
    rows=3,
    columns=tuple(Column(name=name, type=type_) for name, type_ in COLUMNS.items()),
    key=("id",),
)


def parameters(*, row: bool = False, served: Served = SERVED, **endpoint: Any) -> Parameters:
    return Parameters(served, Endpoint(table="clients", **endpoint), 100, row=row)


def faults(query_string: str, **endpoint: Any) -> dict[str, str]:
    with pytest.raises(ParameterError) as error:
        parameters(**endpoint).read(query_string)
    return {fault.parameter: fault.detail for fault in error.value.faults}


def test_without_parameters_an_endpoint_has_its_own_order_fields_and_limit() -> None:
    table = parameters(sort=("-spent",), fields=("id", "name"), limit=7)
    query = Query(sort=(Sort("spent", descending=True),), fields=("id", "name"), limit=7)
    assert table.read("") == TableQuery(query)
    assert parameters(limit=5000).read("").query.limit == 100


def test_every_parameter_is_a_part_of_the_query() -> None:
    text = (
        "name__in=a,%22b,c%22&spent__gte=1.50&sort=-name&fields=name&limit=3&count=exact&cursor=x"
    )
    asked = parameters().read(text + "&format=json&facet=name")
    assert {(item.field, item.operator, str(item.value)) for item in asked.query.filters} == {
        ("name", "in", "['a', 'b,c']"),
        ("spent", "gte", "1.50"),
    }
    assert asked.query.sort == (Sort("name", descending=True),)
    assert (asked.query.fields, asked.query.limit, asked.query.cursor) == (("name",), 3, "x")
    assert (asked.form, asked.count, asked.facets) == ("json", True, ("name",))
    assert not asked.everything
    assert parameters().read("limit=all").everything


def test_a_list_may_be_one_parameter_or_several() -> None:
    assert parameters().read("fields=id&fields=name").query.fields == ("id", "name")
    assert faults("limit=1&limit=2") == {"limit": "is given more than once"}


def test_all_faults_are_named_at_once() -> None:
    assert faults("id=x&limit=0&nam=Ann") == {
        "id": "'x' is not a valid integer for 'id'; write it as a whole number of at most 64 bits",
        "limit": "takes a whole number from 1 to 100, or all, not '0'",
        "nam": "no such parameter; did you mean 'name'?",
    }


def test_a_column_that_cannot_be_filtered_says_what_can() -> None:
    with pytest.raises(ParameterError) as error:
        parameters(filters=("name",)).read("spent=1&name__gtt=a")
    assert error.value.faults[0] == Fault(
        "spent", "the column 'spent' cannot be filtered by at this path", ("name",)
    )
    assert faults("tags=a") == {"tags": "'tags' is of type list, which cannot be filtered by value"}
    assert faults("spent__contains=1") == {
        "spent__contains": "'spent' is of type decimal, which cannot be filtered by 'contains'"
    }
    assert faults("id=1", row=True) == {"id": "takes no filters: its path identifies the row"}


@pytest.mark.parametrize(
    ("query_string", "parameter"),
    [
        ("limit=all&cursor=x", "cursor"),
        ("limit=all&facet=name", "facet"),
        ("facet=name&format=csv", "facet"),
        ("name=é", ""),
        ("name=%FF", ""),
        ("&".join(f"a{number}=1" for number in range(201)), ""),
    ],
)
def test_parameters_that_contradict_each_other_or_cannot_be_read(
    query_string: str, parameter: str
) -> None:
    assert list(faults(query_string)) == [parameter]


def test_a_column_of_the_name_of_an_option_is_filtered_by_its_operator() -> None:
    columns = (Column(name="limit", type="int64"), Column(name="sort", type="text"))
    table = parameters(served=SERVED.model_copy(update={"columns": columns}))
    asked = table.read("limit=2&limit__eq=7&sort=-limit")
    assert (asked.query.limit, asked.query.sort) == (2, (Sort("limit", descending=True),))
    assert asked.query.filters == (Filter("limit", "eq", 7),)


@pytest.mark.parametrize("endpoint", [{"filters": ("nam",)}, {"fields": "nam"}, {"sort": "-nam"}])
def test_an_endpoint_on_a_column_that_there_is_not(endpoint: dict[str, Any]) -> None:
    with pytest.raises(DeclarationError, match=r"no column 'nam' in gold\.clients; did you mean"):
        parameters(**endpoint)


def test_equal_meanings_have_one_normal_form() -> None:
    table = parameters()
    forms = [
        "name=a&spent=1.5",
        "spent=1.50&name=a",
        "name=a&spent=%2B1.500&format=csv",
    ]
    assert len({table.read(form).normal for form in forms}) == 1
    others = ["name=a", "name__ne=a", "name=a&limit=7", "name=a&sort=id", "name=a&count=exact"]
    assert len({table.read(other).normal for other in others}) == len(others)


def test_the_parameters_of_another_release_differ_in_the_table_only() -> None:
    table = parameters()
    other = SERVED.model_copy(update={"name": "clients_2"})
    copy = table.of(other)
    assert (copy.served.name, table.served.name) == ("clients_2", "clients_1")
    assert copy.model is table.model


def test_a_percent_encoded_name_is_a_column() -> None:
    columns = (Column(name="größe in m²", type="int64"),)
    table = parameters(served=SERVED.model_copy(update={"columns": columns}))
    asked = table.read(urlencode({"größe in m²__gte": 3}))
    assert asked.query.filters == (Filter("größe in m²", "gte", 3),)
