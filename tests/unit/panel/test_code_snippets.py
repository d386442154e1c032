"""Code that reads the rows of a query elsewhere: Python that compiles, and URLs of the API."""

from __future__ import annotations

import datetime as dt
import shlex
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from medallion.contracts import Filter, Query, Sort
from medallion_panel.blocks.code_snippets import snippets
from tests.unit.panel.tables import SAY


@pytest.fixture(autouse=True)
def no_api(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MEDALLION_API_URL", "MEDALLION_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def parameters(query: Query) -> dict[str, str]:
    """The parameters of the URL in the command."""
    (_, curl) = (snippet["text"] for snippet in snippets("t", query, SAY))
    url = urlsplit(shlex.split(curl)[-1])
    return dict(parse_qsl(url.query, keep_blank_values=True))


def test_the_command_has_every_part_of_the_query() -> None:
    query = Query(
        filters=(
            Filter("name", "eq", "Zoë & Bo"),
            Filter("spent", "gte", Decimal("12.50")),
            Filter("country", "in", ("IE", 'a,"b"', "")),
            Filter("seen", "lt", dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
        ),
        sort=(Sort("spent", descending=True), Sort("a,b")),
        fields=("name", 'x"y'),
    )
    assert parameters(query) == {
        "name__eq": "Zoë & Bo",
        "spent__gte": "12.50",
        "country__in": 'IE,"a,""b""",""',
        "seen__lt": "2024-01-01 00:00:00+00:00",
        "sort": '-spent,"a,b"',
        "fields": 'name,"x""y"',
        "limit": "all",
    }


def test_a_list_of_one_empty_text_is_not_an_empty_list() -> None:
    query = Query(filters=(Filter("name", "in", ("",)),))
    assert parameters(query) == {"name__in": '""', "limit": "all"}


def test_a_column_of_the_name_of_an_option_is_filtered_by_its_operator() -> None:
    query = Query(filters=(Filter("limit", "eq", 7),))
    assert parameters(query) == {"limit__eq": "7", "limit": "all"}


def test_the_command_asks_the_api_that_the_dashboard_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (_, plain) = snippets("a b", Query(), SAY)
    assert plain["title"] == "curl, with medallion serve running"
    assert plain["text"] == (
        "curl -H 'Accept: text/csv' 'http://localhost:8000/tables/a%20b?limit=all'"
    )
    monkeypatch.setenv("MEDALLION_API_URL", "https://api.example/v1/")
    monkeypatch.setenv("MEDALLION_API_KEY", "secret key")
    (_, own) = snippets("t", Query(), SAY)
    assert own["title"] == "curl"
    assert own["text"] == (
        "curl -H 'Accept: text/csv' -H \"X-API-Key: $MEDALLION_API_KEY\" "
        "'https://api.example/v1/tables/t?limit=all'"
    )


def test_a_text_stays_one_word_of_the_command() -> None:
    query = Query(filters=(Filter("name", "eq", "'; rm -rf / #`$(x)`"),))
    curl = snippets("t'", query, SAY)[1]["text"]
    assert len(shlex.split(curl)) == 4
    assert parameters(query)["name__eq"] == "'; rm -rf / #`$(x)`"


@pytest.mark.parametrize(
    "value",
    ['it\'s "x"\n', Decimal("1.50"), dt.date(2024, 2, 29), dt.datetime(2024, 1, 1), ("a", 1)],
)
def test_the_python_code_makes_the_same_query(value: Any) -> None:
    query = Query(
        filters=(Filter("name", "in" if isinstance(value, tuple) else "eq", value),),
        sort=(Sort("a", descending=True),),
        fields=("a", "b"),
    )
    (python, _) = snippets("it's", query, SAY)
    assert python["title"] == "Python"
    lines = python["text"].splitlines()
    assert lines[-1] == ('rows = [row for batch in store.scan("it\'s", query) for row in batch]')
    scope: dict[str, Any] = {}
    code = "\n".join(line for line in lines[:-1] if not line.startswith("store ="))
    exec(code, scope)  # noqa: S102 (the snippet under test)
    assert scope["query"] == query
