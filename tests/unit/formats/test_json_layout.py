"""JSON layouts: objects over several lines, envelopes, and tables written by columns."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.errors import SourceError
from medallion.formats import json_layout
from medallion.formats.json_layout import (
    WHOLE,
    LayoutError,
    begins_array,
    begins_over_lines,
    columnar,
    columnar_error,
    lone_object,
    path_to_list,
    write_lines,
)


def written(folder: Path | str, content: str, path: str = WHOLE) -> list[str]:
    """The lines that `write_lines` writes of a file."""
    text, lines = Path(folder, "text"), Path(folder, "lines")
    text.write_bytes(content.encode())
    count = write_lines(text, "a.json", path, lines)
    result = lines.read_text(encoding="utf-8").splitlines()
    assert count == len(result)
    return result


def test_the_layout_is_recognised_by_the_first_characters(tmp_path: Path) -> None:
    text = tmp_path / "text"
    for content, array, over_lines in [
        ('\n [{"a": 1},\n{"a": 2}]', True, True),
        ('[{"a": 1}]', True, False),
        ('{\n"a": 1}', False, True),
        ('\n{"a": 1}\n{"a"', False, False),
    ]:
        text.write_text(content)
        assert (begins_array(text), begins_over_lines(text)) == (array, over_lines)


def test_values_are_written_on_a_line_each_with_only_their_line_breaks_changed(
    tmp_path: Path,
) -> None:
    content = '{\r\n  "a": "x\\n]}",\n\n  "b": [1,\n 2.50]}\n{"c":  "é"}'
    assert written(tmp_path, content) == [
        '{ "a": "x\\n]}", "b": [1, 2.50]}',
        '{"c":  "é"}',
    ]
    assert written(tmp_path, '\ufeff[{"a": 1},\n {"a": 2}]') == ['[{"a": 1}, {"a": 2}]']


@pytest.mark.parametrize(
    ("path", "content", "lines"),
    [
        ("data", '{"data": [{"a": 1}, {"a": 2}]}', ['{"a": 1}', '{"a": 2}']),
        ("data", '{"data": [1]}{"n": {"data": 9}, "data": ["x", null]}', ["1", '"x"', "null"]),
        ("data", '[{"data": [1]}, {"data": []}, {"data": [2]}]', ["1", "2"]),
        ("r.items", '{"items": [9], "r": {"items": [[1, 2], {}]}}', ["[1, 2]", "{}"]),
        ("é", '{"\\u00e9": [1]}', ["1"]),
    ],
)
def test_a_path_leads_to_the_records_in_an_envelope(
    tmp_path: Path, path: str, content: str, lines: list[str]
) -> None:
    assert written(tmp_path, content, path) == lines


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        (WHOLE, '{"a": 1', "it is cut short: a bracket is not closed"),
        (WHOLE, '{"a": 1} 5', "not every value is an object"),
        (WHOLE, '{"a": 1}}', "a closing bracket has no opening one"),
        ("data", '{"data": [1 2]}', "a comma is missing or repeated between two values"),
        ("data", '{"data": [1,,2]}', "a comma is missing or repeated between two values"),
        ("data", '{"data": ["x\n"]}', "a string is not closed on its line"),
        ("data", '{"data": {"a": 1}}', "'data' is not a list"),
        ("rows", '{"data": []}', "an object has no key 'rows'"),
        ("data.a", '{"data": [{"a": 1}]}', "'a' is not a key: the value around it is not an"),
    ],
)
def test_a_file_without_records_at_the_path_is_refused(
    tmp_path: Path, path: str, content: str, says: str
) -> None:
    with pytest.raises(LayoutError) as error:
        written(tmp_path, content, path)
    assert str(error.value).startswith(says)


def test_a_file_that_is_too_large_or_not_utf_8_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tmp_path / "text"
    text.write_bytes(b'{\n"a": "\xeb"}')
    with pytest.raises(SourceError, match=r"a\.json: line 2: byte 0xeb is not utf-8"):
        write_lines(text, "a.json", WHOLE, tmp_path / "lines")
    monkeypatch.setattr(json_layout, "_LIMIT", 9)
    with pytest.raises(SourceError, match=r"a\.json: is too large to be read into memory"):
        write_lines(text, "a.json", WHOLE, tmp_path / "lines")
    assert not (tmp_path / "lines").exists()


OBJECTS = st.dictionaries(
    st.text(max_size=3),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)


@given(st.lists(OBJECTS, max_size=3), st.sampled_from([None, 1]))
def test_objects_are_the_same_on_a_line_each(objects: list[Any], indent: int | None) -> None:
    content = "\n".join(json.dumps(value, indent=indent) for value in objects)
    with TemporaryDirectory() as folder:
        assert [json.loads(line) for line in written(folder, content)] == objects


def test_the_only_object_of_a_file(tmp_path: Path) -> None:
    text = tmp_path / "text"
    for content, value in [
        ('{"a": 1}', {"a": 1}),
        ('{"a": 1}\n\n \n', {"a": 1}),
        ('{"a": 1}\n{"a": 2}\n', None),
        ("[1]\n", None),
        ('{"a":\n1}\n', None),
        ("bad\n", None),
    ]:
        text.write_text(content)
        assert lone_object(text) == value


def test_the_path_of_a_list_of_objects_is_that_of_the_outermost() -> None:
    assert path_to_list({"n": 1, "x": {"rows": [{}]}, "data": [{"a": [{}]}]}) == "data"
    assert path_to_list({"x": {"y": {"rows": []}}}) == "x.y.rows"
    assert path_to_list({"tags": ["a"], "a.b": [{}]}) is None
    assert path_to_list({"a": {"b": {"c": {"d": {"e": []}}}}}) is None
    assert path_to_list(None) is None


@pytest.mark.parametrize(
    ("value", "layout"),
    [
        ({"a": {"0": 1, "1": 2}}, "a table by columns, an object of values for each"),
        ({"a": {"x": 1}, "b": {"x": 2}}, "an object of objects by their key"),
        ({"a": [1, 2], "b": [3, 4]}, "a table by columns, a list of values for each"),
        ({"a": [1, 2]}, "a table by columns, a list of values for each"),
        ({"columns": ["a", "b"], "data": [[1, 2]]}, "a table whose rows are lists, in 'data'"),
        ({"r": {"names": ["a"], "rows": [[1]]}}, "a table whose rows are lists, in 'r.rows'"),
        ({"a": {"x": 1}, "b": {"y": 2}}, None),
        ({"a": {"x": 1}}, None),
        ({"a": {"0": 1}, "b": 2}, None),
        ({"a": [1]}, None),
        ({"a": [1, 2], "b": [3]}, None),
        ({"a": [{"x": 1}, {"x": 2}]}, None),
        ({"n": 1, "columns": ["a", "b"], "data": [[1], [2]]}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_whole_table_in_one_object_is_recognised(
    value: dict[str, Any] | None, layout: str | None
) -> None:
    assert columnar(value) == layout


def test_the_error_of_a_whole_table_names_the_file_and_says_what_to_declare() -> None:
    error = columnar_error("a.json", "a table")
    assert error.message == "a.json: is a table, not a record"
    assert "{json: {records: .}}" in (error.hint or "")
