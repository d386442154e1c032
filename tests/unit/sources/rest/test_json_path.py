from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medallion.sources.rest.json_path import JsonText, PathError
from tests.example_counts import examples

TEXT = '{"meta": {"next": "/2", "n": 3}, "data": {"items": [\n {"a": 1.10,\n "b": 1e400}, {}]}}'


def test_records_keep_their_digits_on_one_line() -> None:
    assert JsonText(TEXT).records_at("data.items") == ['{"a": 1.10,  "b": 1e400}', "{}"]


@pytest.mark.parametrize(
    ("path", "value"),
    [("meta.next", "/2"), ("meta.n", 3), ("meta.none", None), ("data.items.0", None)],
)
def test_the_value_at_a_path(path: str, value: object) -> None:
    assert JsonText(TEXT).value_at(path) == value


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        (TEXT, "", "an object at its top, not a list"),
        (TEXT, "meta.next", "a text at 'meta.next'"),
        (TEXT, "rows", "nothing at 'rows'"),
        ("null", "", "null at its top"),
        ("[{}, 1]", "", "the list at its top has a number, not a record"),
        ('{"data": [[]]}', "data", "the list at 'data' has a list"),
    ],
)
def test_what_is_not_a_list_of_records_is_refused(text: str, path: str, message: str) -> None:
    with pytest.raises(PathError, match=message):
        JsonText(text).records_at(path)


@pytest.mark.parametrize("text", ["", "<html>", "[{}", "[{}] x"])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"line 1 column"):
        JsonText(text).records_at("")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=examples(30, 200))
@given(
    st.lists(st.dictionaries(st.text(), VALUES, max_size=4), max_size=4),
    st.dictionaries(st.text().filter(lambda key: key != "data"), VALUES, max_size=4),
    st.sampled_from([None, 2]),
)
def test_records_are_found_in_any_envelope(
    records: list[object], others: dict[str, object], indent: int | None
) -> None:
    text = json.dumps({**others, "data": {"items": records}}, indent=indent)
    lines = JsonText(text).records_at("data.items")
    assert [json.loads(line) for line in lines] == records
    assert not any("\n" in line for line in lines)
